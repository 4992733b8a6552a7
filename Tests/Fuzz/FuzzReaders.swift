import Basis
import Fuzzing
import Glibc

/// `fuzz-readers [--seconds N] [--seed N]`: damaged input for every reader of files, N seconds in all.
@main enum FuzzReaders {
    static func main() {
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            limitMemory()
            let folder = try folder()
            say("the input in hand is '\(folder)/input'")
            for fuzzer in Fuzzer.all {
                let tally = try fuzzer.run(seconds: options.seconds / Double(Fuzzer.all.count), seed: options.seed, folder: folder)
                print("\(fuzzer.name): \(tally.inputs) inputs, \(tally.refused) refused")
            }
            Fuzzer.clear(folder)
        } catch {
            say("\(error)")
            exit(error is Failure ? 2 : 1)
        }
    }

    /// A reader that believes a false size runs into this and crashes.
    private static func limitMemory() {
        var limit = rlimit(rlim_cur: 2 << 30, rlim_max: 2 << 30)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    }

    private static func folder() throws -> String {
        var template = Array("/tmp/fuzz-readers-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("cannot make a folder in '/tmp'") }
        return template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    private static func say(_ text: String) {
        let line = Array("fuzz-readers: \(text)\n".utf8)
        line.withUnsafeBytes { _ = try? Descriptor(2, name: "standard error").write($0) }
    }

    struct Options {
        var seconds = 60.0
        var seed: UInt64 = 1

        init(_ words: ArraySlice<String>) throws {
            var words = words
            while let word = words.popFirst() {
                switch (word, words.popFirst()) {
                case ("--seconds", let value?): seconds = try Options.number(value)
                case ("--seed", let value?): seed = UInt64(try Options.number(value))
                default: throw Failure("usage: fuzz-readers [--seconds N] [--seed N]")
                }
            }
        }

        private static func number(_ text: String) throws -> Double {
            guard let value = Double(text), (0...1e9).contains(value) else { throw Failure("'\(text)' is not a number from 0 to 1e9") }
            return value
        }
    }
}
