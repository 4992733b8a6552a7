import Basis
import Tensors

/// A model: what it computes for a token, as an array of operations on the outputs of earlier ones. The last node is the output.
///
/// A value: it holds no tensors, threads or state, and can be printed, compared, rewritten and stored. Programs are readings of it:
/// `Machine` runs it, `weights` is its inventory, `cost` its price.
public struct Graph: Sendable {
    public internal(set) var nodes: [Node] = []

    public struct Node: Sendable {
        /// Unique in its graph: `model.layers.0.attn.i_proj`.
        public let name: String
        public let operation: any Operation
        /// Positions of earlier nodes.
        public let inputs: [Int]
        public let form: Form
    }

    init() {}

    /// Builds a graph as `body` describes it and returns its output; fails on the first thing that does not fit.
    public init(_ body: (GraphBuilder) throws -> Stream) throws {
        let builder = GraphBuilder()
        let output = try body(builder)
        if let failure = builder.failure { throw failure }
        self = builder.graph.reduced(to: output.node)
    }

    /// The width of the output: for a language model its vocabulary.
    public var outputWidth: Int { nodes.last?.form.width ?? 0 }

    /// Every weight once, in the order of its first use.
    public var weights: [Weight] {
        var seen: Set<Weight> = []
        return nodes.flatMap(\.operation.weights).filter { seen.insert($0).inserted }
    }

    /// The nodes that keep state, in order: a session has a slot for each.
    public var statefulNodes: [Int] { nodes.indices.filter { nodes[$0].operation.memory != .nothing } }

    /// A session that has seen nothing; it will keep keys and values in the given type.
    public func emptySession(cache: CacheElement) -> Session {
        Session(statefulNodes.map { nodes[$0].operation.memory }, cache: cache)
    }

    /// A session that has seen nothing.
    public var session: Session { emptySession(cache: .float32) }

    /// Adds a node after checking that it fits: its inputs exist and have forms that its operation takes.
    mutating func append(_ operation: any Operation, _ inputs: [Int], name: String) throws {
        guard inputs.allSatisfy(nodes.indices.contains) else { throw Failure("node '\(name)' has an input that does not come before it") }
        let form = try placing("node '\(name)'") { try operation.form(of: inputs.map { nodes[$0].form }) }
        guard form.width <= Graph.widthLimit else { throw Failure("node '\(name)' is \(form.width) wide, more than \(Graph.widthLimit)") }
        nodes.append(Node(name: name, operation: operation, inputs: inputs, form: form))
    }

    /// Wider than any row of a real model; keeps sizes within memory and sums of products within 32 bits.
    static let widthLimit = 1 << 24

    /// Only the nodes that `output` needs, which becomes the last one.
    func reduced(to output: Int) -> Graph {
        var needed: Set<Int> = [output]
        for index in nodes.indices.reversed() where needed.contains(index) { needed.formUnion(nodes[index].inputs) }
        var result = Graph(), moved: [Int: Int] = [:]
        for index in nodes.indices.prefix(output + 1) where needed.contains(index) {
            let node = nodes[index]
            moved[index] = result.nodes.count
            let inputs = node.inputs.compactMap { moved[$0] }
            result.nodes.append(Node(name: node.name, operation: node.operation, inputs: inputs, form: node.form))
        }
        return result
    }
}

extension Graph: CustomStringConvertible {
    public var description: String { "graph of \(nodes.count) nodes" }
}

extension Graph: Equatable {
    public static func == (a: Graph, b: Graph) -> Bool { a.json == b.json }
}
