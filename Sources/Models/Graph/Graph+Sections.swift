import Basis

/// A graph cut into sections between which the rows of a single node pass, such as the residual stream.
extension Graph {
    /// In order. What leaves a section is its last node.
    public var sections: [Range<Int>] {
        var lastReader = Array(nodes.indices)
        for (index, node) in nodes.enumerated() { for input in node.inputs { lastReader[input] = index } }
        var ranges: [Range<Int>] = [], start = 0, lastReadOfEarlier = 0
        for node in nodes.indices {
            if lastReadOfEarlier <= node {
                ranges.append(start..<node + 1)
                start = node + 1
            }
            lastReadOfEarlier = max(lastReadOfEarlier, lastReader[node])
        }
        return ranges
    }

    /// What leads from the node before a section to one of its nodes, as a graph of its own. The rows of that node before are given.
    public func part(of section: Range<Int>, to node: Int, given rows: GivenRows) throws -> Graph {
        try Graph { builder in
            var streams: [Int: Stream] = [:]
            if section.lowerBound > 0 {
                let before = nodes[section.lowerBound - 1]
                streams[section.lowerBound - 1] = builder.add(Given(width: before.form.width, rows: rows), [], name: before.name)
            }
            for index in section where index <= node {
                let inputs = nodes[index].inputs.compactMap { streams[$0] }
                guard inputs.count == nodes[index].inputs.count else {
                    throw Failure("node '\(nodes[index].name)' reads what comes before its section")
                }
                streams[index] = builder.add(nodes[index].operation, inputs, name: nodes[index].name)
            }
            guard let output = streams[node] else { throw Failure("node \(node) is not in the section") }
            return output
        }
    }
}

/// Rows of a text that a part of a graph is given, in memory that somebody lends: set before each run.
public final class GivenRows: @unchecked Sendable {
    /// Of the text's first token.
    public var start: UnsafePointer<Float>?

    public init() {}
}
