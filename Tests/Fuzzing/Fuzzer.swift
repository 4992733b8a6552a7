import Basis
import Glibc

/// Feeds a reader damaged input for a while. Crashing or reading it wrongly is what must not happen; refusing it is right.
public struct Fuzzer: Sendable {
    public let name: String
    /// Reads one input in every way there is; a `Failure` is a refusal, anything else a finding.
    let read: @Sendable ([UInt8], Workplace) throws -> Void
    let seeds: @Sendable () throws -> [[UInt8]]
    /// Makes a damaged input pass the checks that would stop every one of them, such as digests.
    let mend: @Sendable ([UInt8]) -> [UInt8]

    /// A reader that gave something wrong for an input.
    public struct Finding: Error, CustomStringConvertible {
        public let description: String
    }

    public struct Tally: Sendable {
        public var inputs = 0
        public var refused = 0
    }

    /// Tries inputs until the time is over or `inputs` have been tried. The one in hand lies in `folder`/input, for whoever looks
    /// into a crash.
    public func run(seconds: Double, inputs: Int = .max, seed: UInt64 = 1, folder: String) throws -> Tally {
        let workplace = Workplace(folder)
        let seeds = try seeds()
        for seed in seeds { try read(seed, workplace) }
        var (mutator, tally) = (Mutator(seed: seed), Tally())
        let end = now() + seconds
        while tally.inputs < inputs, now() < end {
            var input = mutator.mutant(of: seeds)
            if mutator.below(2) == 0 { input = mend(input) }
            tally.inputs += 1
            do { try read(input, workplace) } catch is Failure { tally.refused += 1 }
        }
        return tally
    }

    /// Removes what `run` has written to `folder`, and the folder.
    public static func clear(_ folder: String) {
        for name in ["input", "config.json", "a.safetensors", "model.safetensors", "model.safetensors.index.json"] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// A folder for the files that readers are given.
struct Workplace {
    let folder: String

    init(_ folder: String) { self.folder = folder }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(folder)/\(name)"
        // Cutting an old file to nothing makes ext4 wait for the disk; a new one does not.
        unlink(path)
        let number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw Fuzzer.Finding(description: "cannot write '\(path)'") }
        try bytes.withUnsafeBytes { try Descriptor(number, name: path, owned: true).write($0) }
        return path
    }
}
