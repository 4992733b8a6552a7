import Glibc
import Measuring
import Testing

/// Estimates, held against textbook numbers and naive sums.
@Suite struct EstimateTests {
    /// Of |t| at 95 %, from the tables.
    @Test(arguments: [
        (1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (5, 2.5706), (10, 2.2281), (29, 2.0452), (30, 2.0423), (100, 1.9840), (1000, 1.9623),
    ]) func `an interval is Student's`(_ degrees: Int, _ bound: Double) throws {
        let estimate = Estimate(mean: (0...degrees).map { Double($0 * $0 % 7) + Double($0) / 8 })
        let (interval, error) = (try #require(estimate.interval), try #require(estimate.error))
        #expect(abs((interval.upperBound - estimate.value) / error - bound) < 5e-5)
        #expect(abs(interval.upperBound + interval.lowerBound - 2 * estimate.value) < 1e-9)
    }

    @Test func `a mean has the error of the mean`() throws {
        let values = [1.0, 4, 2, 8, 5, 7], mean = values.reduce(0, +) / 6
        let variance: Double = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 5
        let estimate = Estimate(mean: values)
        #expect(abs(estimate.value - mean) < 1e-12 && estimate.units == 6)
        #expect(abs(try #require(estimate.error) - sqrt(variance / 6)) < 1e-12)
    }

    @Test func `a ratio's error is about that of leaving one unit out each time`() throws {
        let ys = (0..<200).map { Double($0 * 37 % 101) + 50 }, xs = (0..<200).map { Double($0 * 53 % 89) + 40 }
        let units = zip(ys, xs).map { (y: $0, x: $1) }
        func ratio(without left: Int?) -> Double {
            let kept = units.indices.filter { $0 != left }
            return kept.reduce(0) { $0 + units[$1].y } / kept.reduce(0) { $0 + units[$1].x }
        }
        let parts = units.indices.map { ratio(without: $0) }, middle = parts.reduce(0, +) / 200
        let squares: Double = parts.map { ($0 - middle) * ($0 - middle) }.reduce(0, +), jackknife = sqrt(squares * 199 / 200)
        let estimate = Estimate(ratio: units)
        #expect(abs(estimate.value - ratio(without: nil)) < 1e-12)
        #expect(abs(try #require(estimate.error) / jackknife - 1) < 0.02)
        // Units twice as large on both sides say the same.
        let doubled = Estimate(ratio: units.map { (2 * $0.y, 2 * $0.x) })
        #expect(abs(doubled.value - estimate.value) < 1e-12 && abs((doubled.error ?? 0) - (estimate.error ?? 1)) < 1e-12)
    }

    @Test func `a share has the binomial's error, a single unit has none`() {
        #expect(Estimate(30, of: 120).value == 0.25 && abs((Estimate(30, of: 120).error ?? 0) - sqrt(0.25 * 0.75 / 120)) < 1e-15)
        #expect(Estimate(0, of: 9).error == 0 && Estimate(9, of: 9).error == 0)
        #expect(Estimate(mean: [3]).value == 3 && Estimate(mean: [3]).error == nil && Estimate(mean: [3]).interval == nil)
        #expect(Estimate(mean: [3, 3]).interval == 3...3)
        #expect(Estimate(mean: [.nan, 1]).interval == nil && Estimate(mean: [.infinity, 1]).interval == nil)
    }
}
