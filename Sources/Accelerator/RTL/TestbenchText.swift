/// A bench in Verilog itself, for simulators that have no C++ model: Icarus Verilog. A word is there in every cycle.
struct TestbenchText {
    let vectors: UnitVectors

    /// testbench.v: the files and the output are those of main.cpp.
    var text: String {
        let (unit, layer) = (vectors.unit, vectors.layer)
        return """
            // Multiplies the layer in activations.hex and words.hex, compares the sums with sums.hex, counts cycles from the first word to
            // the last sum, and prints one line of JSON.
            module testbench;
                localparam ROWS = \(layer.rows), COLUMNS = \(unit.columns), TILES = \(vectors.tilesAcross), WORDS = \(vectors.wordCount);
                localparam LATENCY = \(unit.latency), SUM_BITS = \(unit.accumulatorBits);

                reg  [\(8 * unit.wordBytes - 1):0] words [0:WORDS-1];
                reg  [\(8 * unit.lanes - 1):0] activations [0:TILES-1];
                reg  signed [31:0] expected [0:ROWS-1];

                reg clock, reset, write_enable, word_valid;
                integer address, taken, row, column, cycle, mismatches;
                wire word_ready, sums_valid;
                wire [COLUMNS*SUM_BITS-1:0] sums;
                reg  signed [SUM_BITS-1:0] sum;

                \(VerilogUnit.top) unit (
                    .clock(clock), .reset(reset), .write_enable(write_enable), .write_address(address[\(addressBits - 1):0]),
                    .write_activations(activations[address]), .last_tile(\(addressBits)'d\(vectors.tilesAcross - 1)),
                    .word_valid(word_valid), .word_ready(word_ready), .word(words[taken]), .sums_valid(sums_valid), .sums(sums)
                );

                task edge_of_clock;
                    begin
                        #1 clock = 1;
                        #1 clock = 0;
                    end
                endtask

                task compare;
                    for (column = 0; column < COLUMNS && row < ROWS; column = column + 1) begin
                        sum = sums[column*SUM_BITS +: SUM_BITS];
                        if (sum !== expected[row]) mismatches = mismatches + 1;
                        row = row + 1;
                    end
                endtask

                initial begin
                    $readmemh("words.hex", words);
                    $readmemh("activations.hex", activations);
                    $readmemh("sums.hex", expected);
                    clock = 0; reset = 1; write_enable = 0; word_valid = 0; address = 0; taken = 0; row = 0; mismatches = 0;
                    repeat (LATENCY + 2) edge_of_clock;
                    reset = 0; write_enable = 1;
                    for (address = 0; address < TILES; address = address + 1) edge_of_clock;
                    write_enable = 0; address = 0;
                    for (cycle = 0; row < ROWS && cycle < WORDS + LATENCY + 16; cycle = cycle + 1) begin
                        word_valid = cycle < WORDS;
                        taken = cycle < WORDS ? cycle : WORDS - 1;
                        #1 if (sums_valid) compare;
                        edge_of_clock;
                    end
                    $display("{\\"cycles\\":%0d,\\"words\\":%0d,\\"sums\\":%0d,\\"mismatches\\":%0d}", cycle, taken + 1, row, mismatches);
                    $finish;
                end
            endmodule

            """
    }

    private var addressBits: Int { max(1, UnitPipeline.levels(lanes: vectors.tilesAcross)) }
}
