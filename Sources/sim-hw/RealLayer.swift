import Accelerator
import Basis
import Models
import Tensors
import Toolkit

/// A ternary matrix of a model, with the activations that a token brings to it.
struct RealLayer {
    let name: String
    let vectors: TernaryLayer

    /// `named` is the matrix; the model's first one if nil.
    init(_ model: OpenModel, named wanted: String?, token: Int32, threads: ThreadPool) throws {
        let products = model.graph.nodes.filter { $0.operation.weight?.kind == .ternary }
        guard let node = products.first(where: { wanted == nil || $0.operation.weight?.name == wanted || $0.name == wanted }),
            let weight = node.operation.weight
        else {
            let known = products.prefix(3).compactMap { $0.operation.weight?.name }.joined(separator: ", ")
            guard let wanted else { throw Failure("the model has no ternary matrix") }
            throw Failure("the model has no ternary matrix '\(wanted)'; it has \(known), ..")
        }
        let kernels = try Kernels.fromEnvironment(), source = try model.containerTensors(kernels, threads)
        let input = model.graph.nodes[node.inputs[0]].name
        let activations = try RealLayer.activations(of: input, model.graph, source, token, kernels, threads)
        name = weight.name
        vectors = try TernaryLayer(weight.name, of: model.graph, from: source, activations: activations)
    }

    /// What a node gives for a token at the beginning of a text.
    private static func activations(
        of name: String, _ graph: Graph, _ source: any TensorSource, _ token: Int32, _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> [Int8] {
        let weights = try Weights(graph, from: source, kernels: kernels, threads: threads)
        let machine = try Machine(graph, weights, kernels: kernels, threads: threads, optimising: false)
        guard Int(token) < machine.vocabulary else { throw Failure("token \(token) is not below the \(machine.vocabulary) of the model") }
        var found: [Int8] = []
        machine.observe = { node, rows in
            if node.name == name { found = rows.quantised.integers(0) }
        }
        var feeds = [Machine.Feed(graph.session, [token], wanted: .last)]
        try machine.run(&feeds) { _, _, _ in }
        return found
    }
}
