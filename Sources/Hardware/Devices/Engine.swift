import Accelerator

/// How an engine multiplies.
public enum Method: String, CaseIterable, Sendable {
    /// By multipliers, whatever the weight is.
    case multiply
    /// By adding, subtracting or leaving out.
    case add
    /// By looking up the sums of a group of activations, made once a row (Wang et al. 2024, "T-MAC").
    case lookup
}

/// A part of a chip that does one kind of work.
public struct Engine: Hashable, Sendable {
    /// Operations a second, two a multiply-add.
    var rate: Quantity
    let format: NumberFormat
    let method: Method
    /// Ternary: how weights lie in memory.
    var packing: Packing?
    /// Operations of the vector engine that unpacking a weight takes.
    let unpack: Quantity?
    /// Of a lookup: activations that a table covers, and the sums that it holds.
    let group: Int
    let entries: Int
    /// Whether a weight of zero takes no time.
    let skipsZeros: Bool
    /// Whether an activation of zero takes none.
    let skipsZeroActivations: Bool
    /// Bits of a sum.
    let accumulator: Quantity?
    var overhead: Quantity?
    /// The share of the rate that so many rows reach.
    let efficiency: Curve?
    /// Bytes a second that this engine's kernels reach of the memory that holds the weights.
    var bandwidth: Quantity?
    /// The share of that bandwidth where all weights are so many bytes: caches keep a part of few.
    let residence: Curve?
    /// Operations that an exponential takes, and a division or a square root.
    let exponential: Quantity?
    let division: Quantity?
}

/// The engines of a chip. What has none of its own is done by the next more general one.
public struct Engines: Sendable {
    var ternary: Engine?
    var dense: Engine?
    var attention: Engine?
    var vector: Engine

    /// The engine that does a kind of work, and where its numbers stand.
    func engine(for kind: Work.Kind) -> Engine {
        switch kind {
        case .ternary: ternary ?? dense ?? vector
        case .dense, .lookup: dense ?? vector
        case .attention: attention ?? dense ?? vector
        case .vector: vector
        }
    }
}
