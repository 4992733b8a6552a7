/// Integer sums of products on their way: each thread's own, in memory that is kept from one product to the next, so that none is asked for
/// on the way. Not for two products at once.
public final class ProductSums {
    private var memory = AlignedMemory(byteCount: 0)
    /// Numbers from one thread's sums to the next's.
    private var stride = 0

    public init() {}

    /// Makes room for so many numbers a thread.
    func reserve(numbers: Int, threads: Int) {
        let bytes = numbers * threads * MemoryLayout<Int32>.size
        stride = numbers
        if memory.byteCount < bytes { memory = AlignedMemory(byteCount: bytes) }
    }

    /// A thread's numbers, whatever they are.
    func numbers(of thread: Int) -> UnsafeMutablePointer<Int32> {
        memory.start.assumingMemoryBound(to: Int32.self) + thread * stride
    }
}
