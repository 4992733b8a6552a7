/// What one thing reached in several rounds, as a rate: more is better.
public struct Samples: Hashable, Sendable {
    public private(set) var values: [Double] = []

    public init(_ values: [Double] = []) { self.values = values }

    public mutating func append(_ value: Double) { values.append(value) }

    /// What counts: whatever else runs on the machine only ever takes from it. 0 of no samples.
    public var best: Double { values.max() ?? 0 }

    /// The middle one, or the mean of the two in the middle; 0 of no samples.
    public var median: Double {
        let sorted = values.sorted(), middle = sorted.count / 2
        guard let last = sorted.last else { return 0 }
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + min(sorted[middle], last)) / 2
    }

    /// How far the median stays below the best, as a share of the best: 0 on a machine that does nothing else.
    public var spread: Double { best > 0 ? 1 - median / best : 0 }
}
