import Glibc
import Tensors
import Toolkit

/// What the machine can do at most: the rate at which memory is read, and that of multiply-adds in registers.
public final class Limits {
    private let memory: UnsafeMutableRawBufferPointer

    /// Larger than the caches of most processors.
    public static let standardBytes = 512 << 20

    /// Takes `bytes` of memory, in huge pages where the system has them, as weights are.
    public init(bytes: Int = Limits.standardBytes) {
        memory = .allocate(byteCount: max(Limits.stretch, bytes), alignment: 1 << 21)
        madvise(memory.baseAddress, memory.count, MADV_HUGEPAGE)
        memory.initializeMemory(as: UInt8.self, repeating: 1)
    }

    deinit { memory.deallocate() }

    private static let stretch = 1 << 20

    /// Bytes a second that all threads together read from one end of the memory to the other, over and over for `seconds`.
    public func readRate(_ kernels: Kernels, _ threads: ThreadPool, seconds: Double) -> Double {
        let stretches = memory.count / Limits.stretch
        return Double(stretches * Limits.stretch) * callRate(seconds: seconds) {
            threads.parallel(stretches, grain: 8) { range in
                let bytes = memory[range.lowerBound * Limits.stretch..<range.upperBound * Limits.stretch]
                sink(kernels.read(UnsafeRawBufferPointer(rebasing: bytes)))
            }
        }
    }

    /// Bytes a second that this thread reads of the first `bytes` bytes, over and over.
    func readRate(_ kernels: Kernels, bytes: Int, seconds: Double) -> Double {
        let part = UnsafeRawBufferPointer(rebasing: memory[..<min(bytes, memory.count)])
        return Double(part.count) * callRate(seconds: seconds) { sink(kernels.read(part)) }
    }

    /// int8 multiply-adds a second that all threads together do without touching memory.
    public func multiplyAddRate(_ kernels: Kernels, _ threads: ThreadPool, seconds: Double) -> Double {
        let rounds = 1 << 10, pieces = 64 * threads.threads
        return Double(pieces * rounds * Kernels.peakRound) * callRate(seconds: seconds) {
            threads.parallel(pieces) { range in
                for _ in range { sink(kernels.multiplyAdd(rounds: rounds)) }
            }
        }
    }
}

/// Calls a second of `body`, which is called until `seconds` have passed, once at least.
func callRate(seconds: Double, _ body: () -> Void) -> Double {
    let start = Progress.now
    var calls = 0, batch = 1, passed = 0.0
    repeat {
        for _ in 0..<batch { body() }
        calls += batch
        passed = Progress.now - start
        // The clock is looked at less and less often: some calls take less time than that. The last batch is a quarter of all at most.
        if passed < seconds / 4 { batch *= 2 }
    } while passed < seconds
    return Double(calls) / passed
}

/// Keeps the compiler from leaving out what computes a value that nobody needs.
@inline(never) private func sink(_ value: UInt64) {}
