import Basis

/// Graphs as JSON: what a container carries and `infer --graph=json` prints; tern-manifest(5) describes it.
extension Graph {
    /// `{"nodes": [{"name": .., "operation": .., "inputs": [..], "attributes": {..}}, ..]}`, each node after its inputs, the output last.
    public var json: JSON { .object(["nodes": .array(nodes.map(\.json))]) }

    /// Reads a graph that nobody vouches for: known operations only, each checked against its inputs as if it were built anew.
    public init(json: JSON, operations: [any Operation.Type]) throws {
        self.init()
        guard let list = json["nodes"]?.arrayValue, !list.isEmpty else { throw Failure("the graph has no nodes") }
        guard list.count <= Graph.nodeLimit else { throw Failure("the graph has \(list.count) nodes, more than \(Graph.nodeLimit)") }
        let known = Dictionary(operations.map { ($0.name, $0) }) { first, _ in first }
        var names: Set<String> = []
        for (index, node) in list.enumerated() {
            try placing("node \(index) of the graph") { try append(json: node, known) }
            guard names.insert(nodes[index].name).inserted else { throw Failure("the graph has two nodes '\(nodes[index].name)'") }
        }
        try checkOutput()
    }

    static let nodeLimit = 1 << 16

    private mutating func append(json: JSON, _ known: [String: any Operation.Type]) throws {
        guard let name = json["name"]?.stringValue, let kind = json["operation"]?.stringValue,
            let inputs = json["inputs"]?.arrayValue, let attributes = json["attributes"]?.objectValue
        else { throw Failure("lacks one of 'name', 'operation', 'inputs', 'attributes'") }
        guard let type = known[kind] else { throw Failure("this version has no operation '\(kind)'") }
        let operation = try naming(name) { try type.init(attributes: AttributeReader(attributes)) }
        try append(operation, inputs.map { $0.intValue ?? -1 }, name: name)
    }

    private func checkOutput() throws {
        guard case .floats = nodes.last?.form else { throw Failure("the graph's output is not a row of floats") }
        var shapes: [String: Weight] = [:]
        for weight in weights {
            guard shapes.updateValue(weight, forKey: weight.name).map({ $0 == weight }) ?? true else {
                throw Failure("the graph uses the weight '\(weight.name)' in two ways")
            }
        }
    }
}

extension Graph.Node {
    var json: JSON {
        .object([
            "name": .string(name), "operation": .string(type(of: operation).name),
            "inputs": .array(inputs.map(JSON.integer)), "attributes": .object(operation.attributes),
        ])
    }
}
