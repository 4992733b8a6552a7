import Synchronization

/// Hands out the pieces of a loop: each thread goes through neighbouring ones, which lie one behind the other in memory, and then
/// through what others have not begun.
package final class PieceShares {
    /// Pieces that are claimed of each thread's share, two cache lines apart.
    private let claimed: UnsafeMutablePointer<Atomic<Int>>
    let mostThreads: Int
    private var pieces = 0
    private var threads = 1

    private static let stride = 128 / MemoryLayout<Atomic<Int>>.stride

    package init(mostThreads: Int) {
        self.mostThreads = mostThreads
        claimed = .allocate(capacity: mostThreads * PieceShares.stride)
        for index in 0..<mostThreads * PieceShares.stride { (claimed + index).initialize(to: Atomic(0)) }
    }

    deinit { claimed.deallocate() }

    /// The pieces that a thread begins with.
    static func share(of thread: Int, pieces: Int, threads: Int) -> Range<Int> {
        let (size, rest) = pieces.quotientAndRemainder(dividingBy: threads)
        let first = thread * size + min(thread, rest)
        return first..<first + size + (thread < rest ? 1 : 0)
    }

    /// Begins a loop, which nobody else has under way.
    package func begin(pieces: Int, threads: Int) {
        (self.pieces, self.threads) = (pieces, min(threads, mostThreads))
        for thread in 0..<self.threads { claimed[thread * PieceShares.stride].store(0, ordering: .relaxed) }
    }

    /// A piece that nobody has claimed; nil if there is none.
    package func claim(for thread: Int) -> Int? {
        for other in 0..<threads {
            let owner = (thread + other) % threads, share = PieceShares.share(of: owner, pieces: pieces, threads: threads)
            let index = claimed[owner * PieceShares.stride].add(1, ordering: .relaxed).oldValue
            if index < share.count { return share.lowerBound + index }
        }
        return nil
    }
}
