import Glibc

/// How many times as fast one thing is as another, by pairs of rates that were measured right after each other.
///
/// What slows the machine down for longer than a pair slows both sides of it. Of the logarithms of the pairs' ratios the estimate is the
/// median of all means of two (Hodges and Lehmann 1963, "Estimates of location based on rank tests"), and the interval is what
/// Wilcoxon's signed rank test does not reject: its confidence is exact for every symmetric noise, however wild.
public struct PairedRatio: Hashable, Sendable {
    public let estimate: Double
    public let lower: Double
    public let upper: Double

    /// The interval holds the true ratio in so many of all comparisons, at least.
    public static let confidence = 0.99
    /// With fewer pairs no interval has this confidence.
    public static let leastPairs = 8
    /// With more the counting of ranks takes longer than it is worth.
    public static let mostPairs = 300
    /// Larger intervals around 1 decide nothing.
    public static let resolution = 0.05

    /// Nil for fewer pairs than `leastPairs`, for more than `mostPairs`, and for rates that are not positive.
    public init?(_ pairs: [(a: Double, b: Double)]) {
        let logs = pairs.map { log($0.a / $0.b) }
        guard (PairedRatio.leastPairs...PairedRatio.mostPairs).contains(pairs.count), logs.allSatisfy(\.isFinite) else { return nil }
        let means = logs.indices.flatMap { first in logs[first...].map { (logs[first] + $0) / 2 } }.sorted()
        let cut = PairedRatio.excluded(pairs: pairs.count)
        estimate = exp((means[(means.count - 1) / 2] + means[means.count / 2]) / 2)
        (lower, upper) = (exp(means[cut]), exp(means[means.count - 1 - cut]))
    }

    /// How many of the ordered means lie outside of the interval at either end. As many means lie below the truth as the ranks of the
    /// negative differences from it sum up to: of the sums 0, 1 and so on those are excluded that come, at both ends together, in no more
    /// than 1 - `confidence` of all ways to give the ranks 1 to `pairs` signs.
    private static func excluded(pairs: Int) -> Int {
        var probabilities = [1.0] + [Double](repeating: 0, count: pairs * (pairs + 1) / 2)
        for rank in 1...pairs {
            for sum in stride(from: rank * (rank + 1) / 2, through: 0, by: -1) {
                probabilities[sum] = (probabilities[sum] + (sum >= rank ? probabilities[sum - rank] : 0)) / 2
            }
        }
        var tail = 0.0, sum = 0
        while 2 * (tail + probabilities[sum]) <= 1 - confidence {
            tail += probabilities[sum]
            sum += 1
        }
        // The truth lies below the first mean where the sum is 0: excluding that one sum excludes no mean.
        return max(0, sum - 1)
    }

    public enum Verdict: String, Sendable { case faster, slower, same, undecided }

    public var verdict: Verdict {
        if lower > 1 { return .faster }
        if upper < 1 { return .slower }
        return max(upper, 1 / lower) - 1 <= PairedRatio.resolution ? .same : .undecided
    }
}
