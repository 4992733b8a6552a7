import Glibc
import Tensors
import Toolkit

/// What the machine can do at most: the rate at which memory is read, and that of multiply-adds in registers.
public final class Limits {
    private let memory: UnsafeMutableRawBufferPointer
    private let kernels: Kernels

    /// Larger than the caches of most processors.
    public static let standardBytes = 512 << 20

    /// Takes `bytes` of memory, in huge pages where the system has them, as weights are.
    public init(bytes: Int = Limits.standardBytes, _ kernels: Kernels) {
        memory = .allocate(byteCount: max(Limits.stretch, bytes), alignment: 1 << 21)
        madvise(memory.baseAddress, memory.count, MADV_HUGEPAGE)
        memory.initializeMemory(as: UInt8.self, repeating: 1)
        self.kernels = kernels
    }

    deinit { memory.deallocate() }

    private static let stretch = 1 << 20

    /// Bytes a second that all threads together read from one end of the memory to the other.
    public func readRate(_ threads: ThreadPool) -> Double {
        let start = Progress.now, stretches = memory.count / Limits.stretch
        threads.parallel(stretches, grain: 8) { range in
            let bytes = memory[range.lowerBound * Limits.stretch..<range.upperBound * Limits.stretch]
            sink(kernels.read(UnsafeRawBufferPointer(rebasing: bytes)))
        }
        return Double(stretches * Limits.stretch) / (Progress.now - start)
    }

    /// int8 multiply-adds a second that all threads together do without touching memory.
    public func multiplyAddRate(_ threads: ThreadPool) -> Double {
        let rounds = kernels.level == .scalar ? 1 << 10 : 1 << 15, pieces = 64 * threads.threads
        let start = Progress.now
        threads.parallel(pieces) { range in
            for _ in range { sink(kernels.multiplyAdd(rounds: rounds)) }
        }
        return Double(pieces * rounds * Kernels.peakRound) / (Progress.now - start)
    }
}

/// Keeps the compiler from leaving out what computes a value that nobody needs.
@inline(never) private func sink(_ value: UInt64) {}
