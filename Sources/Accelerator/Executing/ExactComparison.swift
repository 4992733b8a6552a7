import Basis
import Models
import Tensors

/// A program held against the machine that `infer` runs, on the same weights and tokens: the integers of every product by trits, and the
/// logits.
public struct ExactComparison: Sendable {
    public private(set) var tokens = 0
    /// Products by trits, and the activations and sums in them.
    public private(set) var products = 0
    public private(set) var activations = 0
    public private(set) var sums = 0
    /// How many of them differ, and how many logits, bit for bit.
    public private(set) var differentActivations = 0
    public private(set) var differentSums = 0
    public private(set) var differentLogits = 0
    /// Sums that did not fit the accumulator.
    public private(set) var overflows = 0

    /// Whether there was something to compare, and all of it was equal.
    public var isEqual: Bool { tokens > 0 && differentActivations == 0 && differentSums == 0 && differentLogits == 0 }

    /// Both begin with `first` and go on with the likeliest token, `count` of them in all.
    public init(
        _ program: Program, _ core: Core, _ graph: Graph, from source: any TensorSource, first: Int32, count: Int, kernels: Kernels,
        threads: ThreadPool
    ) throws {
        let execution = try Execution(program, core, graph, from: source, kernels: kernels, threads: threads)
        let weights = try Weights(graph, from: source, kernels: kernels, threads: threads)
        let machine = try Machine(graph, weights, kernels: kernels, threads: threads, optimising: false)
        let witness = Witness(graph, program)
        machine.observe = witness.note
        execution.observe = witness.compare
        var session = graph.session, token = first
        for _ in 0..<count {
            var feeds = [Machine.Feed(session, [token], wanted: .last)], expected: [Float] = []
            try machine.run(&feeds) { _, _, row in expected = Array(row) }
            session = feeds[0].session
            let found = try execution.run(token: token)
            differentLogits += zip(found, expected).count { $0.bitPattern != $1.bitPattern } 
                + Int((found.count - expected.count).magnitude)
            token = Int32(expected.indices.max { expected[$0] < expected[$1] } ?? 0)
            tokens += 1
        }
        (products, activations, sums) = (witness.products, witness.activations, witness.sums)
        (differentActivations, differentSums) = (witness.differentActivations, witness.differentSums)
        overflows = execution.overflows
    }
}

/// What the machine's nodes gave for the token that is run.
private final class Witness {
    private let graph: Graph
    private let program: Program
    private let nodes: [String: Int]
    private let firstRows: [Int: Int]
    private var quantised: [String: (numbers: [Float], step: Float)] = [:]
    private var outputs: [String: [Float]] = [:]
    private(set) var products = 0, activations = 0, sums = 0, differentActivations = 0, differentSums = 0

    init(_ graph: Graph, _ program: Program) {
        (self.graph, self.program) = (graph, program)
        nodes = Dictionary(graph.nodes.enumerated().map { ($1.name, $0) }) { first, _ in first }
        firstRows = Dictionary(program.blocks.map { ($0.address, $0.rows.lowerBound) }) { first, _ in first }
    }

    func note(_ node: Graph.Node, _ rows: Rows) {
        if case .quantised = rows.form { quantised[node.name] = (rows.quantised.values(0), rows.quantised.step(0)) }
        if node.operation is TernaryLinear { outputs[node.name] = Array(UnsafeBufferPointer(start: rows[0], count: rows.width)) }
    }

    func compare(_ product: Execution.Product) {
        products += 1
        (activations, sums) = (activations + product.activations.count, sums + product.sums.count)
        let instruction = program.instructions[product.instruction]
        // A product may stand under the name of a slice of it: its matrix tells which it is.
        guard let block = program.blocks.first(where: { $0.address == instruction.address }),
            let node = graph.nodes.first(where: { $0.operation is TernaryLinear && $0.operation.weight?.name == block.subject }),
            let input = quantised[graph.nodes[node.inputs[0]].name], let output = outputs[node.name]
        else {
            (differentActivations, differentSums) = (differentActivations + product.activations.count, differentSums + product.sums.count)
            return
        }
        differentActivations += zip(product.activations, input.numbers).count { Float($0) * input.step != $1 }
            + Int((product.activations.count - input.numbers.count).magnitude)
        let first = firstRows[instruction.address] ?? 0
        differentSums += product.outputs.enumerated().count { row, value in
            !output.indices.contains(first + row) || output[first + row].bitPattern != value.bitPattern
        }
    }
}
