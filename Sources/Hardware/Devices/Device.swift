import Accelerator
import Basis

/// A machine that a model could run on, as far as its cost goes: memories, engines, overheads, powers, each number with its source.
/// tern-device(5) describes the file it comes from.
public struct Device: Sendable {
    public let name: String
    public let title: String
    public let category: Category
    /// What a reader should know before believing it.
    public let note: String?
    /// How many of what the other numbers describe share a model.
    public var chips: Int
    public let split: Split
    /// Nearest first.
    public internal(set) var memories: [MemoryLevel]
    public internal(set) var engines: Engines
    /// Seconds that each launch takes beside its work.
    var overhead: Quantity?
    let launches: Launches
    /// How many launches an operation is, by its name, where software starts each step of it by itself.
    let launchCounts: [String: Quantity]
    let weights: Weights
    /// Rows that go through a model at once; nil if as many as there are.
    let passRows: Int?
    let power: Power
    var link: Link?
    let energies: EnergyTable
    /// The numbers of an instruction-level model, where there is one.
    public internal(set) var core: CoreNumbers?

    public enum Category: String, CaseIterable, Sendable { case cpu, gpu, fpga, asic, neuromorphic, core }

    /// Bytes of a number between operations: processors and cores keep 32 bits, other chips 16.
    var activationBytes: Double { category == .cpu || category == .core ? 4 : 2 }

    /// How several chips share a model: each has some of its layers, or a part of every matrix.
    public enum Split: String, CaseIterable, Sendable { case pipeline, tensor }

    /// How weights come to the engines: when they are needed; ahead of that, since their order is known; or not at all, because each part
    /// of the chip holds its own, and is all that works on them.
    public enum Weights: String, CaseIterable, Sendable { case fetched, ahead, stationary }

    /// What is started at once: an operation of the graph, all products that do not depend on each other, or a whole pass.
    enum Launches: String, CaseIterable, Sendable { case node, stage, pass }
}

/// A level of memory of one chip.
public struct MemoryLevel: Hashable, Sendable {
    public let name: String
    let capacity: Quantity
    var bandwidth: Quantity
    /// Joules a bit that is read or written: of the device's file, or else of the energy table.
    var energy: Quantity?
    /// What the energy table calls this kind of memory.
    let type: String?
    /// The share of the bandwidth that a transfer of so many bytes reaches.
    let efficiency: Curve?
    /// Whether weights may lie in it.
    let holdsWeights: Bool
}

/// How an engine multiplies.
public enum Method: String, CaseIterable, Sendable {
    /// By multipliers, whatever the weight is.
    case multiply
    /// By adding, subtracting or leaving out.
    case add
    /// By looking up the sums of a group of activations, made once a row (Wang et al. 2024, "T-MAC").
    case lookup
}

/// What numbers are, where they are multiplied.
public enum NumberFormat: String, CaseIterable, Sendable {
    case fp32, int32, bf16, fp16, fp8, int8, int6, int4

    public var bits: Double {
        switch self {
        case .fp32, .int32: 32
        case .bf16, .fp16: 16
        case .fp8, .int8: 8
        case .int6: 6
        case .int4: 4
        }
    }
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

/// Watts of a chip.
struct Power: Hashable, Sendable {
    /// Always.
    let idle: Quantity?
    /// While it works, what it takes always included.
    let busy: Quantity?
    /// Of what it is plugged into, once.
    let host: Quantity?
}

/// What connects the chips.
struct Link: Hashable, Sendable {
    var bandwidth: Quantity
    let latency: Quantity
    let energy: Quantity?
}
