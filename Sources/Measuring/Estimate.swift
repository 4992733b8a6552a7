import Glibc

/// What independent units say of a quantity: an estimate, and how far it may be off.
public struct Estimate: Hashable, Sendable {
    public let value: Double
    /// The standard error; nil where a single unit says nothing of it.
    public let error: Double?
    public let units: Int

    private init(_ value: Double, error: Double?, units: Int) { (self.value, self.error, self.units) = (value, error, units) }

    /// The mean.
    public init(mean values: [Double]) { self.init(ratio: values.map { ($0, 1) }) }

    /// Σ y / Σ x: so much of y for each of x. The error is that of the ratio's linearisation (Cochran 1977, "Sampling Techniques",
    /// chapter 6).
    public init(ratio units: [(y: Double, x: Double)]) {
        let count = units.count, sum = units.reduce(0) { $0 + $1.x }, ratio = units.reduce(0) { $0 + $1.y } / sum
        let squares = units.reduce(0) { $0 + ($1.y - ratio * $1.x) * ($1.y - ratio * $1.x) }
        self.init(ratio, error: count > 1 ? sqrt(Double(count) / Double(count - 1) * squares) / sum : nil, units: count)
    }

    /// The share of so many that are right, with the binomial's error.
    public init(_ right: Int, of count: Int) {
        let share = Double(right) / Double(count)
        self.init(share, error: sqrt(share * (1 - share) / Double(count)), units: count)
    }

    /// What a smooth function makes of it, whose slope there is given.
    public func mapped(to value: Double, slope: Double) -> Estimate {
        Estimate(value, error: error.map { $0 * abs(slope) }, units: units)
    }

    /// Where the truth lies with a confidence of 95 percent, if units are about normal or many.
    public var interval: ClosedRange<Double>? {
        guard let error, error.isFinite, value.isFinite else { return nil }
        let reach = StudentT.bound(degrees: units - 1) * error
        return value - reach...value + reach
    }
}
