/// What products need on their way: integer sums, each thread's own, and who does which piece. It is kept from one product to the next, so
/// that no memory is asked for. Not for two products at once.
public final class ProductWorkspace {
    private var memory = AlignedMemory(byteCount: 0)
    /// Numbers from one thread's sums to the next's.
    private var stride = 0
    private var shares = PieceShares(mostThreads: 1)

    public init() {}

    /// Makes room for so many numbers a thread, and shares so many pieces out.
    func begin(numbers: Int, pieces: Int, pool: ThreadPool) -> PieceShares {
        let bytes = numbers * pool.mostThreads * MemoryLayout<Int32>.size
        stride = numbers
        if memory.byteCount < bytes { memory = AlignedMemory(byteCount: bytes) }
        if shares.mostThreads < pool.threads { shares = PieceShares(mostThreads: pool.threads) }
        shares.begin(pieces: pieces, threads: pool.threads)
        return shares
    }

    /// A thread's numbers, whatever they are.
    func sums(of thread: Int) -> UnsafeMutablePointer<Int32> {
        memory.start.assumingMemoryBound(to: Int32.self) + thread * stride
    }
}
