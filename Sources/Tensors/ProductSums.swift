/// Integer sums of products on their way: each thread's own, in memory that is kept from one product to the next, so that none is asked for
/// on the way. Not for two products at once.
public final class ProductSums {
    private var memory = AlignedMemory(byteCount: 0)
    /// Numbers from one thread's sums to the next's.
    private(set) var stride = 0
    /// By thread, whether its sums mean something; a cache line apart, as each thread writes its own.
    private var begun = UnsafeMutableBufferPointer<Bool>(start: nil, count: 0)
    private static let apart = 64

    public init() {}

    deinit { begun.deallocate() }

    /// Makes room for so many numbers a thread, none of which means anything yet.
    func begin(numbers: Int, threads: Int) {
        if stride < numbers || begun.count < threads * ProductSums.apart {
            stride = max(stride, (numbers + 15) / 16 * 16)
            memory = AlignedMemory(byteCount: stride * threads * MemoryLayout<Int32>.size)
            begun.deallocate()
            begun = .allocate(capacity: threads * ProductSums.apart)
        }
        begun.initialize(repeating: false)
    }

    /// A thread's numbers, whatever they are.
    func numbers(of thread: Int) -> UnsafeMutablePointer<Int32> {
        memory.start.assumingMemoryBound(to: Int32.self) + thread * stride
    }

    /// A thread's numbers, the first `count` of them zero when it asks for them the first time.
    func sums(of thread: Int, count: Int) -> UnsafeMutablePointer<Int32> {
        let numbers = numbers(of: thread)
        if !begun[thread * ProductSums.apart] {
            numbers.initialize(repeating: 0, count: count)
            begun[thread * ProductSums.apart] = true
        }
        return numbers
    }

    /// How many threads' sums there are to add up, those of a thread that had nothing to do being zero.
    func parts(threads: Int, count: Int) -> Int {
        let parts = 1 + ((0..<threads).last { begun[$0 * ProductSums.apart] } ?? 0)
        for thread in 0..<parts { _ = sums(of: thread, count: count) }
        return parts
    }
}
