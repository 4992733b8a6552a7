import Basis
import Measuring
import Models
import Tensors
import Testing

@Suite struct CalibrationTests {
    @Test(arguments: [("0", 1), ("0-3", 4), ("0-1,8", 3), ("", 0), ("3-1", 0), ("x", 0)]) func `lists of processors are counted`(
        _ list: String, _ count: Int
    ) {
        #expect(CacheLevel.count(list) == count)
    }

    @Test func `sizes of caches are read`() {
        #expect(CacheLevel.bytes("1024K") == 1 << 20)
        #expect(CacheLevel.bytes("32M") == 32 << 20)
        #expect(CacheLevel.bytes("K") == nil)
    }

    @Test func `prices of rows are found in kernels that mix them`() throws {
        let kernels = [(100, 0), (50, 10), (10, 40), (200, 3)].map { simple, long in
            (Cost(additions: simple, exponentials: long), (Double(simple) + 7 * Double(long)) / 2e9)
        }
        let prices = try RowPrices(kernels)
        #expect((prices.rate / 2e9 - 1).magnitude < 1e-9)
        #expect((prices.long / 7 - 1).magnitude < 1e-9)
    }

    /// What this machine reaches is anybody's guess; that its numbers are positive and shares are shares is not.
    @Test func `this machine becomes a device`() throws {
        var steps: [Int] = []
        let json = try MachineCalibration(.best, ThreadPool(threads: 2), rounds: 1, seconds: 0).device { done, _ in steps.append(done) }
        #expect(steps == [1])
        for engine in ["ternary", "dense", "attention", "vector"] {
            let engine = try #require(json["engines"]?[engine])
            #expect(try #require(engine["rate"]?["value"]?.doubleValue) > 1e6)
            let shares = try #require(engine["efficiency"]?["points"]?.arrayValue).compactMap { $0.arrayValue?.last?.doubleValue }
            #expect(shares.allSatisfy { $0 > 0 && $0 <= 1 })
        }
        #expect(try #require(json["memories"]?.arrayValue).count >= 1)
    }
}
