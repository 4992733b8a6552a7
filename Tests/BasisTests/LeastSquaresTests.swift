import Basis
import Testing

@Suite struct LeastSquaresTests {
    private func error(_ rows: [LeastSquares.Row], _ x: [Double]) -> Double {
        rows.reduce(0) { sum, row in
            let found = zip(row.factors, x).reduce(0) { $0 + $1.0 * $1.1 }
            return sum + (found / row.value - 1) * (found / row.value - 1)
        }
    }

    @Test func `what fits exactly is found`() throws {
        let x = [3.0, 0.5, 20]
        let rows = [[1.0, 2, 0.1], [1, 50, 0], [1, 0, 7], [2, 3, 4], [0, 9, 1]].map { factors in
            LeastSquares.Row(factors: factors, value: zip(factors, x).reduce(0) { $0 + $1.0 * $1.1 })
        }
        for (found, expected) in zip(try LeastSquares.relative(rows), x) { #expect((found - expected).magnitude < 1e-9) }
    }

    /// Nothing in a fine grid around fits better, and nothing is negative.
    @Test(arguments: 1...20) func `nothing near fits better`(_ seed: Int) throws {
        var state = UInt64(seed)
        func random() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        let rows = (0..<7).map { _ in LeastSquares.Row(factors: [1, 10 * random(), random()], value: 0.2 + 4 * random()) }
        let x = try LeastSquares.relative(rows), least = error(rows, x)
        #expect(x.allSatisfy { $0 >= 0 })
        for index in x.indices {
            for step in [-0.3, -0.01, -1e-4, 1e-4, 0.01, 0.3] {
                var other = x
                other[index] = max(0, other[index] + step)
                #expect(error(rows, other) >= least - 1e-12)
            }
        }
    }

    @Test func `a factor that no row has is left out`() throws {
        let rows = [LeastSquares.Row(factors: [1, 0], value: 2), LeastSquares.Row(factors: [2, 0], value: 4)]
        #expect(try LeastSquares.relative(rows) == [2, 0])
    }

    @Test func `nothing to fit to is refused`() {
        #expect(throws: Failure.self) { try LeastSquares.relative([]) }
        #expect(throws: Failure.self) { try LeastSquares.relative([LeastSquares.Row(factors: [1], value: 0)]) }
    }
}
