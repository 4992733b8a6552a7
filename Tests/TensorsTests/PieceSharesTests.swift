import Synchronization
import Tensors
import Testing

@Suite struct PieceSharesTests {
    @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 7, 54])
    func everyPieceIsClaimedOnceByWhoeverAsks(threads: Int, pieces: Int) {
        let shares = PieceShares(mostThreads: threads), pool = ThreadPool(threads: 3)
        for _ in 0..<20 {
            let seen = Mutex([Int](repeating: 0, count: pieces))
            shares.begin(pieces: pieces, threads: threads)
            pool.parallel(pieces, most: 1) { range, thread in
                for _ in range {
                    guard let piece = shares.claim(for: thread) else { continue }
                    seen.withLock { $0[piece] += 1 }
                }
            }
            #expect(seen.withLock { $0 }.allSatisfy { $0 == 1 })
            #expect(shares.claim(for: 0) == nil)
        }
    }

    @Test func aThreadGoesThroughNeighboursFirst() {
        let shares = PieceShares(mostThreads: 3)
        shares.begin(pieces: 8, threads: 3)
        #expect((0..<8).map { _ in shares.claim(for: 1) } == [3, 4, 5, 6, 7, 0, 1, 2])
    }

    @Test func memoryThatIsExpectedNeedNotBeThere() {
        let pool = ThreadPool(threads: 2)
        pool.expect([UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: 64), count: 1 << 20), .init(start: nil, count: 0)])
        var visits = [0, 0, 0]
        for _ in 0..<100 {
            visits.withUnsafeMutableBufferPointer { visits in
                let shared = UncheckedPointer(visits.baseAddress)
                pool.parallel(3) { range in
                    for index in range { shared.pointer?[index] += 1 }
                }
            }
        }
        #expect(visits == [100, 100, 100])
    }
}
