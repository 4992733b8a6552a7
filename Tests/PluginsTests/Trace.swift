import Basis
import Models
import Support
import Tensors
import Toolkit

/// A model opened as the programs open it, and what its nodes give for a prompt.
struct Traced {
    let model: OpenModel
    let kernels: Kernels
    let threads: ThreadPool

    init(_ path: String, kernels: Kernels = .best, threads: Int = 1) throws {
        (self.kernels, self.threads) = (kernels, ThreadPool(threads: threads))
        model = try OpenModel(path, threads: self.threads)
    }

    func machine(optimising: Bool) throws -> Machine {
        let weights = try Weights(model.graph, from: model.containerTensors(kernels, threads), kernels: kernels, threads: threads)
        return try Machine(model.graph, weights, kernels: kernels, threads: threads, optimising: optimising)
    }

    /// Everything that one run over `tokens` shows.
    func trace(_ tokens: [Int32]) throws -> Trace {
        let machine = try machine(optimising: false)
        let nodes = Seen()
        machine.observe = { node, rows in nodes.rows[node.name] = values(rows) }
        var feeds = [Machine.Feed(machine.graph.session, tokens[...], wanted: .all)]
        var logits: [[Float]] = []
        try machine.run(&feeds) { _, _, row in logits.append(Array(row)) }
        return Trace(graph: machine.graph, nodes: nodes.rows, logits: logits, session: feeds[0].session)
    }

    private final class Seen { var rows: [String: [[Float]]] = [:] }
}

private func values(_ rows: Rows) -> [[Float]] {
    (0..<rows.count).map { row in
        switch rows.form {
        case .floats(let width): (0..<width).map { rows[row][$0] }
        case .quantised: rows.quantised.values(row)
        }
    }
}

struct Trace {
    let graph: Graph
    let nodes: [String: [[Float]]]
    let logits: [[Float]]
    let session: Session

    func output(_ node: String) throws -> [[Float]] {
        guard let rows = nodes[node] else { throw Failure("the graph has no node '\(node)'") }
        return rows
    }

    /// The rows that go into a node, by the position of the input.
    func input(_ name: String, _ position: Int = 0) throws -> [[Float]] {
        guard let node = graph.nodes.first(where: { $0.name == name }) else { throw Failure("the graph has no node '\(name)'") }
        return try output(graph.nodes[node.inputs[position]].name)
    }
}
