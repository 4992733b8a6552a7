import Basis

/// Graphs made of others.
extension Graph {
    /// The number of the node of this name; refuses a name that is not there.
    public func node(named name: String) throws -> Int {
        guard let node = nodes.firstIndex(where: { $0.name == name }) else { throw Failure("the model has no node '\(name)'") }
        return node
    }

    /// This graph with something put in behind a node: what read the node reads what `body` makes of it.
    public func inserting(behind name: String, _ body: (Stream, GraphBuilder) throws -> Stream) throws -> Graph {
        let place = try node(named: name)
        return try Graph { builder in
            var streams: [Stream] = []
            for (index, node) in nodes.enumerated() {
                let stream = builder.add(node.operation, node.inputs.map { streams[$0] }, name: node.name)
                streams.append(index == place ? try body(stream, builder) : stream)
            }
            return streams[streams.count - 1]
        }
    }

    /// The same model with matrices of floats, nothing of which is rounded: what ternary ones are compared with.
    public func withFloatMatrices() throws -> Graph {
        try Graph { builder in
            var streams: [Stream] = []
            for node in nodes {
                let inputs = node.inputs.map { streams[$0] }
                switch node.operation {
                case is Quantise: streams.append(inputs[0])
                case let product as TernaryLinear:
                    let table = Weight(product.matrix.source, shape: product.matrix.shape, kind: .table)
                    streams.append(builder.add(Linear(matrix: table), inputs, name: node.name))
                default: streams.append(builder.add(node.operation, inputs, name: node.name))
                }
            }
            return streams[streams.count - 1]
        }
    }

    /// The same model with products by trits in the place of those by matrices of floats that are stored as so many planes: what that costs
    /// where trits are multiplied by. `planes` has the matrices by their names.
    public func withPlanes(_ planes: [String: Int]) throws -> Graph {
        try Graph { builder in
            var streams: [Stream] = []
            for node in nodes {
                let inputs = node.inputs.map { streams[$0] }
                guard let product = node.operation as? Linear, let count = planes[product.matrix.name], count > 0 else {
                    streams.append(builder.add(node.operation, inputs, name: node.name))
                    continue
                }
                let quantised = builder.add(Quantise(), inputs)
                let parts = (1...count).map { plane in
                    let name = count == 1 ? product.matrix.name : "\(product.matrix.name).\(plane)"
                    let matrix = Weight(name, shape: product.matrix.shape, kind: .ternary, source: product.matrix.name)
                    return builder.add(TernaryLinear(matrix: matrix), [quantised], name: node.name)
                }
                streams.append(parts.dropFirst().reduce(parts[0]) { $0 + $1 })
            }
            return streams[streams.count - 1]
        }
    }

    /// What leads to a node, which becomes the output.
    public func leading(to name: String) throws -> Graph { reduced(to: try node(named: name)) }

    /// What comes behind a node, whose rows are given from outside (`Trace.extend`); refuses where that reads anything else.
    public func following(_ name: String) throws -> Graph {
        let place = try node(named: name), width = nodes[place].form.width
        return try Graph { builder in
            var streams = [place: builder.add(Given(width: width), [], name: name)], last = place
            for index in nodes.indices.dropFirst(place + 1) {
                let inputs = nodes[index].inputs.compactMap { streams[$0] }
                guard inputs.count == nodes[index].inputs.count else {
                    throw Failure("node '\(nodes[index].name)' reads what comes before '\(name)'")
                }
                (streams[index], last) = (builder.add(nodes[index].operation, inputs, name: nodes[index].name), index)
            }
            guard let output = streams[last] else { throw Failure("nothing follows node '\(name)'") }
            return output
        }
    }
}
