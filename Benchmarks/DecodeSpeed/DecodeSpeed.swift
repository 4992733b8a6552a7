import ArgumentParser
import Basis
import Glibc
import Models
import Tensors
import Toolkit

/// Measures in one run how fast memory can be read and how fast a model decodes, so that the second can be held against the first.
@main
struct DecodeSpeed: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode-speed", abstract: "Hold decoding against the memory bandwidth of the same run.")

    @Argument var model: String
    @Option(help: "Tokens to decode in each round.") var tokens = 24
    @Option(help: "Rounds, of which the best counts.") var rounds = 5
    @Option(help: "Tokens of the prompt that is timed.") var prompt = 256
    @OptionGroup var common: CommonOptions

    func execute() throws {
        let (kernels, threads) = (try Kernels.fromEnvironment(), common.pool)
        var start = Progress.now
        let model = try OpenModel(self.model, threads: threads)
        let machine = try model.machine(kernels, threads)
        try printOut("load \(decimal(Progress.now - start, 2)) s, \(kernels.level.rawValue), \(threads.threads) threads\n")
        let loop = ReadLoop(bytes: 600 << 20, kernels, threads)
        let bytes = model.graph.cost(tokens: 1).weightBits / 8
        var best = (read: 0.0, decode: 0.0, prefill: 0.0)
        for _ in 0..<rounds {
            best.read = max(best.read, loop.bytesPerSecond())
            best.decode = max(best.decode, try decode(machine))
            start = Progress.now
            var feeds = [Machine.Feed(machine.graph.session, Array(repeating: 5, count: prompt)[...], wanted: .last)]
            try machine.run(&feeds) { _, _, _ in }
            best.prefill = max(best.prefill, Double(prompt) / (Progress.now - start))
        }
        let rate = best.decode * Double(bytes)
        try printOut("""
            read loop  \(decimal(best.read / 1e9, 1)) GB/s
            decode     \(decimal(best.decode, 1)) tokens/s of \(byteText(bytes)): \(decimal(rate / 1e9, 1)) GB/s, \
            \(decimal(100 * rate / best.read, 0)) % of the read loop
            prefill    \(decimal(best.prefill, 1)) tokens/s

            """)
    }

    /// Tokens a second, one after the other.
    private func decode(_ machine: Machine) throws -> Double {
        var feeds = [Machine.Feed(machine.graph.session, [5], wanted: .last)]
        try machine.run(&feeds) { _, _, _ in }
        let start = Progress.now
        for _ in 0..<tokens {
            var next = [Machine.Feed(feeds[0].session, [7], wanted: .last)]
            feeds = []
            try machine.run(&next) { _, _, _ in }
            feeds = next
        }
        return Double(tokens) / (Progress.now - start)
    }
}

/// Memory that is read from one end to the other, by all threads.
private final class ReadLoop {
    private let memory: UnsafeMutableRawBufferPointer
    private let kernels: Kernels
    private let threads: ThreadPool

    init(bytes: Int, _ kernels: Kernels, _ threads: ThreadPool) {
        memory = .allocate(byteCount: bytes, alignment: 1 << 21)
        madvise(memory.baseAddress, bytes, 14)
        memory.initializeMemory(as: UInt8.self, repeating: 1)
        (self.kernels, self.threads) = (kernels, threads)
    }

    deinit { memory.deallocate() }

    func bytesPerSecond() -> Double {
        let start = Progress.now, part = 1 << 20
        threads.parallel(memory.count / part, grain: 8) { range in
            _ = kernels.read(UnsafeRawBufferPointer(rebasing: memory[range.lowerBound * part..<range.upperBound * part]))
        }
        return Double(memory.count) / (Progress.now - start)
    }
}
