import Accelerator
import Basis
import Models

/// What is asked of a model: so many texts at once, a prompt each, and so many tokens of answer.
public struct Workload: Hashable, Sendable {
    public var batch = 1
    public var prompt = 128
    public var tokens = 128
    /// Bits a number of keys and values takes.
    public var cacheBits = 16.0
    /// How trits lie in memory; nil if as the device likes it.
    public var packing: Packing?
    /// What the numbers of tables are: embeddings and float heads; nil if what the device multiplies.
    public var tables: NumberFormat?
    /// The share of trits that are zero.
    public var zeros = 1.0 / 3
    /// The share of the activations before ternary products that are zero.
    public var activationZeros = 0.0
    /// Whether embedding, head and the choice of a token are left out, as some publications do.
    public var blocksOnly = false

    public init() {}
}

/// A model as the simulation sees it: its schedule, and what its passes ask for.
public struct SimulatedModel: Sendable {
    public let name: String
    public let graph: Graph
    let schedule: Schedule
    let layers: [Layer]

    /// Refuses a graph whose operations cannot be counted. `optimising: false` leaves every operation a launch of its own.
    public init(_ name: String, _ graph: Graph, optimising: Bool = true) throws {
        (self.name, self.graph, schedule) = (name, graph, Schedule(graph, optimising: optimising))
        var before = Layer.input
        layers = schedule.graph.nodes.map { node in
            before = Layer(of: node.name, before: before)
            return before
        }
        guard weightCount < SimulatedModel.weightLimit else { throw Failure("the model has more than 1e14 weights") }
    }

    /// More than any model that will be built has; keeps counts of operations within 64 bits.
    private static let weightLimit = 1e14

    /// Numbers of all weights, and of those that are trits.
    public var weightCount: Double { graph.weights.reduce(0) { $0 + Double($1.count) } }
    public var tritCount: Double { graph.weights.reduce(0) { $0 + ($1.kind == .ternary ? Double($1.count) : 0) } }

    /// Nodes in stages, with what each asks for in a pass; a node whose output nobody wants is left out.
    func stages(_ pass: Pass, _ workload: Workload) throws -> [[Work]] {
        try check(pass)
        let costs = schedule.costs(pass)
        var stages = schedule.stages.map { stage in
            stage.filter { costs[$0].rows > 0 }.map { Work(costs[$0], layers[$0]) }.filter { !workload.blocksOnly || $0.layer.isBlock }
        }
        if pass.wanted > 0, !workload.blocksOnly {
            stages.append([Work(choosingFrom: graph.outputWidth, rows: pass.sequences * pass.wanted)])
        }
        return stages.filter { !$0.isEmpty }
    }

    /// Counts stay within 64 bits.
    private func check(_ pass: Pass) throws {
        let rows = Double(pass.sequences) * Double(pass.tokens)
        let widest = Double(schedule.graph.nodes.map(\.form.width).max() ?? 1), seen = Double(pass.past + pass.tokens)
        guard 8 * max(weightCount, widest) * rows < 8e18, 16 * attentionWidth * rows * seen < 8e18 else {
            throw Failure("\(pass.sequences) texts of \(pass.tokens) tokens after \(pass.past) take more operations than can be counted")
        }
    }

    /// Numbers of the widest query.
    private var attentionWidth: Double {
        Double(schedule.graph.nodes.map { if case .keysAndValues = $0.operation.memory { $0.form.width } else { 0 } }.max() ?? 0)
    }

    /// Bytes of all weights as they lie in memory, and of what the texts remember at their end.
    func bytes(_ form: MemoryForm, _ workload: Workload) -> (weights: Double, state: Double) {
        let tokens = workload.prompt + workload.tokens
        let weights = weights(workload).reduce(0.0) { $0 + form.bytes(of: $1) }
        let state = graph.nodes.reduce(0.0) { sum, node in
            switch node.operation.memory {
            case .nothing: sum
            case .floats(let width): sum + 4 * Double(width)
            case .keysAndValues(let heads, let width): sum + 2 * Double(heads) * Double(width) * Double(tokens) * form.cacheBits / 8
            }
        }
        return (weights, Double(workload.batch) * state)
    }

    private func weights(_ workload: Workload) -> [Weight] {
        guard workload.blocksOnly else { return graph.weights }
        let nodes = zip(schedule.graph.nodes, layers).filter(\.1.isBlock).map(\.0)
        let blocks = Set(nodes.flatMap { $0.operation.weights.map(\.name) })
        return graph.weights.filter { blocks.contains($0.name) }
    }
}

/// How numbers lie in the memory of a device.
struct MemoryForm: Hashable, Sendable {
    /// Of trits, of the numbers of tables, of those of keys and values.
    let tritBits: Double
    let tableBits: Double
    let cacheBits: Double

    init(_ device: Device, _ workload: Workload) {
        let dense = device.engines.engine(for: .dense).format.bits
        // A device without anything for trits multiplies numbers of its own.
        tritBits = workload.packing?.bits ?? device.engines.ternary?.packing?.bits ?? dense
        (tableBits, cacheBits) = (workload.tables?.bits ?? dense, workload.cacheBits)
    }

    func bytes(of weight: Weight) -> Double {
        switch weight.kind {
        case .ternary: Double(weight.count) * tritBits / 8 + 4
        case .table: Double(weight.count) * tableBits / 8
        case .dense: Double(weight.count) * 4
        }
    }
}
