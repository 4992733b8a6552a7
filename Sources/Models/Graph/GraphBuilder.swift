import Basis

/// What a plugin writes its equations with. Equal stateless operations on equal inputs become one node, so projections that share an
/// input share its normalised, quantised form without anyone saying so.
public final class GraphBuilder {
    private(set) var graph = Graph()
    /// The first thing that did not fit; whatever is built after it is void.
    private(set) var failure: Failure?
    private var path: [String] = []
    private var known: [Key: Int] = [:]
    private var names: Set<String> = []

    private struct Key: Hashable {
        let operation: AnyHashable
        let inputs: [Int]
    }

    init() {}

    /// Everything built in `body` is named below `name`.
    public func scope<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        path.append(name)
        defer { path.removeLast() }
        return try body()
    }

    /// `name` below the scopes that are open: `model.layers.0.attn.i_proj`.
    public func full(_ name: String) -> String { (path + [name]).joined(separator: ".") }

    /// The output of `operation` on `inputs`: a new node, or the one that does the same already.
    public func add(_ operation: some Operation, _ inputs: [Stream], name: String? = nil) -> Stream {
        let key = Key(operation: AnyHashable(operation), inputs: inputs.map(\.node))
        if operation.memory == .nothing, let node = known[key] { return Stream(builder: self, node: node) }
        guard failure == nil else { return Stream(builder: self, node: 0) }
        do {
            try graph.append(operation, key.inputs, name: unique(full(name ?? type(of: operation).name)))
        } catch {
            failure = error as? Failure ?? Failure("\(error)")
            return Stream(builder: self, node: 0)
        }
        known[key] = graph.nodes.count - 1
        return Stream(builder: self, node: graph.nodes.count - 1)
    }

    private func unique(_ name: String) -> String {
        var result = name, number = 2
        while !names.insert(result).inserted {
            result = "\(name)#\(number)"
            number += 1
        }
        return result
    }
}

/// The output of a node, as a plugin's author holds it: equations are written over streams.
public struct Stream {
    let builder: GraphBuilder
    let node: Int

    /// Numbers in a row; 0 once something did not fit.
    public var width: Int { builder.graph.nodes.indices.contains(node) ? builder.graph.nodes[node].form.width : 0 }

    /// This stream put through an operation, with others as its further inputs.
    public func apply(_ operation: some Operation, _ others: Stream..., name: String? = nil) -> Stream {
        builder.add(operation, [self] + others, name: name)
    }
}
