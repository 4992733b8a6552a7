import Synchronization
import Tensors
import Testing

@Suite struct ThreadPoolTests {
    @Test(arguments: [1, 2, 3, 8], [(0, 1), (1, 1), (7, 4), (100, 1), (1000, 32), (10_001, 7)])
    func everyIndexIsVisitedOnce(threads: Int, loop: (count: Int, grain: Int)) {
        let pool = ThreadPool(threads: threads)
        for _ in 0..<50 {
            var visits = [Int](repeating: 0, count: loop.count)
            visits.withUnsafeMutableBufferPointer { visits in
                let shared = UncheckedPointer(visits.baseAddress)
                pool.parallel(loop.count, grain: loop.grain) { range in
                    for index in range { shared.pointer?[index] += 1 }
                }
            }
            #expect(visits.allSatisfy { $0 == 1 })
        }
    }

    @Test func rangesAreMultiplesOfTheGrainExceptTheLast() {
        let wrong = Total()
        ThreadPool(threads: 4).parallel(1003, grain: 8) { range in
            if range.lowerBound % 8 != 0 || (range.upperBound != 1003 && range.count % 8 != 0) { wrong.add(1) }
        }
        #expect(wrong.value == 0)
    }

    @Test func loopsInsideOfLoopsRunInline() {
        let total = Total()
        let pool = ThreadPool(threads: 3)
        pool.parallel(20) { outer in
            for _ in outer { pool.parallel(30) { inner in total.add(inner.count) } }
        }
        #expect(total.value == 600)
    }

    @Test func callersOnSeveralThreadsAllGetTheirWorkDone() async {
        let pool = ThreadPool(threads: 2)
        let total = Total()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<500 { pool.parallel(64) { total.add($0.count) } }
                }
            }
        }
        #expect(total.value == 4 * 500 * 64)
    }

    @Test func poolsComeAndGo() {
        for _ in 0..<200 {
            let total = Total()
            ThreadPool(threads: 4).parallel(16) { total.add($0.count) }
            #expect(total.value == 16)
        }
    }
}

struct UncheckedPointer: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Int>?
    init(_ pointer: UnsafeMutablePointer<Int>?) { self.pointer = pointer }
}

final class Total: Sendable {
    private let sum = Atomic<Int>(0)
    var value: Int { sum.load(ordering: .relaxed) }
    func add(_ term: Int) { sum.add(term, ordering: .relaxed) }
}
