/// The unit that multiplies a ternary matrix by a vector of int8 activations: `lanes` activations enter `columns` adder trees a cycle.
///
/// A matrix [rows, width] is cut in tiles of `columns` rows by `lanes` activations, and lies in memory tile after tile: first all tiles
/// of the first `columns` rows, then those of the next. A tile is one word of weights, filled up with zeros at the edges; the unit
/// takes a word a cycle, if there is one, and gives `columns` sums whenever a strip of rows is complete.
public struct TernaryUnit: Hashable, Sendable {
    /// Activations that enter a cycle.
    public var lanes: Int
    /// Rows of the matrix that are summed at once.
    public var columns: Int
    /// How the trits of a word lie in memory.
    public var packing: Packing
    /// Cycles from the last word of a matrix to its last sum.
    public var latency: Int
    /// Bits of a sum.
    public var accumulatorBits: Int

    public init(lanes: Int, columns: Int = 1, packing: Packing = .pairs, latency: Int = 5, accumulatorBits: Int = 32) {
        (self.lanes, self.columns, self.packing, self.latency) = (lanes, columns, packing, latency)
        self.accumulatorBits = accumulatorBits
    }

    /// Words of a matrix.
    public func tiles(rows: Int, width: Int) -> Int { rows.ceilingDivided(by: columns) * width.ceilingDivided(by: lanes) }

    /// Bytes that a word takes in memory.
    public var wordBytes: Int { Int((Double(lanes * columns) * packing.bits / 8).rounded(.up)) }

    /// Cycles that the activations take into the unit, before the first word.
    public func loadCycles(width: Int) -> Int { width.ceilingDivided(by: lanes) }

    /// Cycles for a matrix whose words are always there, from the first word to the last sum.
    public func cycles(rows: Int, width: Int) -> Int { tiles(rows: rows, width: width) + latency }
}

extension Int {
    func ceilingDivided(by divisor: Int) -> Int { (self + divisor - 1) / divisor }
}
