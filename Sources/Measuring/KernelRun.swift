import Tensors

/// Every kernel of every level on one thread, in turns.
public final class KernelRun {
    private let cases: [KernelCase]
    private let levels: [KernelLevel]
    private let rounds: Int
    private let seconds: Double
    private let limits: Limits
    private let alone = ThreadPool(threads: 1)
    private var results: [KernelResult] = []
    private var peaks: [KernelLevel: Samples] = [:]

    /// `bytes` is about what the matrices of the products take, `batches` are rows of activations.
    public init(bytes: Int, batches: [Int], rounds: Int, seconds: Double) throws {
        (cases, levels) = (try KernelCase.all(bytes: bytes, batches: batches), KernelLevel.available)
        (self.rounds, self.seconds) = (rounds, seconds)
        limits = Limits(bytes: cases.map(\.bytes).max() ?? 0)
        results = cases.map(KernelResult.init)
    }

    /// Tells `progress` of every part of the whole.
    public func report(_ progress: (_ done: Int, _ total: Int) -> Void) -> KernelReport {
        for round in 0..<rounds {
            for index in cases.indices {
                results[index].read.append(limits.readRate(.best, bytes: cases[index].bytes, seconds: seconds))
                for level in levels { measure(index, Kernels.at(level)) }
            }
            progress(round + 1, rounds)
        }
        return KernelReport(machine: MachineDescription(.best), levels: levels, results: results, peaks: peaks)
    }

    private func measure(_ index: Int, _ kernels: Kernels) {
        let kernel = cases[index]
        if kernel.isProduct {
            peaks[kernels.level, default: Samples()].append(limits.multiplyAddRate(kernels, alone, seconds: seconds))
        }
        kernel.call(kernels)
        results[index].rates[kernels.level, default: Samples()].append(callRate(seconds: seconds) { kernel.call(kernels) })
    }
}

/// What was found of one kernel.
struct KernelResult {
    let kernel: KernelCase
    /// Calls a second.
    var rates: [KernelLevel: Samples] = [:]
    /// Bytes a second that could be read of as many bytes.
    var read = Samples()

    init(_ kernel: KernelCase) { self.kernel = kernel }

    func bytesPerSecond(_ level: KernelLevel) -> Double { Double(kernel.bytes) * (rates[level]?.best ?? 0) }
    func operationsPerSecond(_ level: KernelLevel) -> Double { Double(kernel.operations) * (rates[level]?.best ?? 0) }

    /// How many times as fast as plain C.
    func ratio(_ level: KernelLevel) -> Double { (rates[level]?.best ?? 0) / (rates[.scalar]?.best ?? 1) }
}
