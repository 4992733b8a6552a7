/// A bench in plain C++ over Verilator's model of a unit.
struct BenchText {
    let vectors: UnitVectors

    /// main.cpp: feeds the words of `words.hex`, counts cycles from the first word to the last sum and compares every sum.
    var text: String { heading + constants + BenchText.reading + BenchText.feeding + BenchText.running }

    private var heading: String {
        """
        // Multiplies the layer in activations.hex and words.hex, compares the sums with sums.hex, counts cycles from the first word to the
        // last sum, and prints one line of JSON. By default a word is there in every cycle; a slower port is told by
        //   --beat-bits B --cycles-per-beat N   B bits arrive every N cycles; words lie one behind the other
        //   --burst N --gap M                   after every N beats nothing arrives for M cycles
        #include <cstdint>
        #include <cstdio>
        #include <cstdlib>
        #include <cstring>
        #include <memory>
        #include <string>
        #include <vector>
        #include "V\(VerilogUnit.top).h"
        #include "verilated.h"


        """
    }

    private var constants: String {
        let (unit, layer) = (vectors.unit, vectors.layer)
        return """
            static const long rows = \(layer.rows), columns = \(unit.columns), tiles = \(vectors.tilesAcross), words = \(vectors.wordCount);
            static const long word_bytes = \(unit.wordBytes), vector_bytes = \(unit.lanes), sum_bits = \(unit.accumulatorBits);
            static const long latency = \(unit.latency);


            """
    }

    private static let reading = #"""
        typedef std::vector<unsigned char> Bytes;

        static void fail(const std::string &what)
        {
            std::fprintf(stderr, "bench: %s\n", what.c_str());
            std::exit(2);
        }

        // Lines of hexadecimal digits, the highest first, as bytes, the lowest first.
        class Lines {
        public:
            explicit Lines(const char *path) : path(path), file(std::fopen(path, "r")) { if (!file) fail("cannot open " + this->path); }
            ~Lines() { std::fclose(file); }
            void next(Bytes &bytes)
            {
                for (size_t i = bytes.size(); i-- > 0;) {
                    unsigned value;
                    if (std::fscanf(file, "%2x", &value) != 1) fail(path + " ends too early");
                    bytes[i] = (unsigned char)value;
                }
            }
        private:
            std::string path;
            std::FILE *file;
        };

        // A port of any width, which the model keeps as integers with the lowest bits first.
        template <class Port> static void put(Port &port, const Bytes &bytes)
        {
            std::memset(&port, 0, sizeof port);
            std::memcpy(&port, bytes.data(), bytes.size());
        }

        template <class Port> static int64_t sum(const Port &port, long column)
        {
            unsigned char bytes[sizeof port];
            std::memcpy(bytes, &port, sizeof port);
            uint64_t value = 0;
            for (long bit = 0; bit < sum_bits; bit++) {
                const long at = column * sum_bits + bit;
                value |= (uint64_t)(bytes[at / 8] >> at % 8 & 1) << bit;
            }
            const uint64_t sign = (uint64_t)1 << (sum_bits - 1);
            return (int64_t)(value ^ sign) - (int64_t)sign;
        }


        """#

    private static let feeding = #"""
        // When words arrive.
        struct Feed {
            long beat_bits = 0, cycles_per_beat = 1, burst = 0, gap = 0;

            long beat(long word) const { return ((word + 1) * 8 * word_bytes + beat_bits - 1) / beat_bits - 1; }
            long time(long beat) const { return beat * cycles_per_beat + (burst ? beat / burst * gap : 0); }
            // The cycle after the first word's.
            long arrival(long word) const { return beat_bits ? time(beat(word)) - time(beat(0)) : word; }
        };

        static Feed feed_of(int count, char **arguments)
        {
            Feed feed;
            for (int i = 1; i < count; i += 2) {
                const std::string name = arguments[i];
                long *value = name == "--beat-bits" ? &feed.beat_bits : name == "--cycles-per-beat" ? &feed.cycles_per_beat
                            : name == "--burst" ? &feed.burst : name == "--gap" ? &feed.gap : nullptr;
                if (!value || i + 1 == count) fail("unknown option or no value: " + name);
                char *end;
                *value = std::strtol(arguments[i + 1], &end, 10);
                if (*end || *value < 0) fail("not a number: " + std::string(arguments[i + 1]));
            }
            return feed;
        }


        """#

    private static let running = #"""
        static VerilatedContext context;
        static V\#(VerilogUnit.top) unit(&context);

        // The second half of a cycle: what was set up is taken at the clock's edge.
        static void edge()
        {
            unit.clock = 1, unit.eval();
            unit.clock = 0, unit.eval();
        }

        static void begin()
        {
            unit.clock = 0, unit.reset = 1, unit.write_enable = 0, unit.word_valid = 0;
            unit.last_tile = tiles - 1;
            unit.eval();
            for (long i = 0; i < latency + 2; i++) edge();
            unit.reset = 0, unit.write_enable = 1;
            Lines lines("activations.hex");
            Bytes bytes(vector_bytes);
            for (long i = 0; i < tiles; i++) {
                lines.next(bytes);
                unit.write_address = i;
                put(unit.write_activations, bytes);
                edge();
            }
            unit.write_enable = 0;
        }

        int main(int count, char **arguments)
        {
            const Feed feed = feed_of(count, arguments);
            begin();
            Lines weights("words.hex"), expected("sums.hex");
            Bytes word(word_bytes), four(4);
            long taken = 0, row = 0, mismatches = 0, cycle = 0;
            weights.next(word);
            // Cycle 0 takes the first word. Without any sum for so long, none will come.
            for (long quiet = 0; row < rows; cycle++) {
                const bool there = taken < words && cycle >= feed.arrival(taken);
                unit.word_valid = there;
                if (there) put(unit.word, word);
                unit.eval();
                if (unit.sums_valid) {
                    for (long column = 0; column < columns && row < rows; column++, row++) {
                        expected.next(four);
                        uint32_t right = 0;
                        for (int i = 0; i < 4; i++) right |= (uint32_t)four[i] << 8 * i;
                        mismatches += sum(unit.sums, column) != (int32_t)right;
                    }
                }
                const bool takes = there && unit.word_ready;
                edge();
                quiet = taken == words ? quiet + 1 : 0;
                if (quiet > latency + 16) fail("sums are missing");
                if (takes && ++taken < words) weights.next(word);
            }
            unit.final();
            std::printf("{\"cycles\":%ld,\"words\":%ld,\"sums\":%ld,\"mismatches\":%ld}\n", cycle, taken, row, mismatches);
            return 0;
        }

        """#
}
