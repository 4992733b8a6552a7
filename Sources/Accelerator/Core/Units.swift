/// A unit that takes `lanes` numbers of a vector a cycle.
public struct VectorUnit: Hashable, Sendable {
    public var lanes: Int
    /// Cycles from the last number in to the last one out.
    public var latency: Int

    public init(lanes: Int = 1, latency: Int = 4) { (self.lanes, self.latency) = (lanes, latency) }

    /// Cycles for a vector that goes through so many times.
    public func cycles(width: Int, passes: Int = 1) -> Int { passes * width.ceilingDivided(by: lanes) + latency }
}

/// A unit that multiplies and adds for attention: each query by all keys, then all values by their weights.
public struct AttentionUnit: Hashable, Sendable {
    /// Multiply-adds a cycle.
    public var macs: Int
    /// Cycles that a query takes beside its multiply-adds.
    public var latency: Int

    public init(macs: Int = 1, latency: Int = 72) { (self.macs, self.latency) = (macs, latency) }

    /// Cycles of one query.
    public func cycles(tokens: Int, width: Int) -> Int { (2 * tokens * width).ceilingDivided(by: macs) + latency }
}

/// A processor that does what no unit of the core does, on the same vectors. Its own way to memory is part of its cycles.
public struct Host: Hashable, Sendable {
    /// The core's cycles for each arithmetic operation, a comparison among them.
    public var cyclesPerOperation: Double

    public init(cyclesPerOperation: Double) { self.cyclesPerOperation = cyclesPerOperation }
}
