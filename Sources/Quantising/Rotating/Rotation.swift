import Models

/// Where a graph can be turned without anybody noticing: in the residual stream, and in what each head of attention carries. Weights that
/// write there are turned one way, weights that read there the other, so the model computes the same, but outliers of single columns are
/// spread over all (Ashkboos et al. 2024, "QuaRot", section 4, stages 1a and 1b without those that cost time when the model runs).
public struct Rotation: Sendable {
    /// What becomes of a weight, step by step.
    enum Change: Hashable, Sendable {
        /// Columns times the gain of a norm.
        case gained(by: String)
        /// Every row turned, in parts of so many columns.
        case rows(part: Int)
        /// Every column turned, in parts of so many rows; of a vector, itself.
        case columns(part: Int)
        /// Ones, for its numbers have gone into other weights.
        case ones
    }

    /// By the weight's name.
    let changes: [String: [Change]]

    /// Nil where nothing can be turned: a head that is also the embedding reads the stream through a norm and writes it without one.
    public init?(of graph: Graph) {
        guard let residual = ResidualStream(graph) else { return nil }
        var changes = residual.changes
        for node in graph.nodes.indices {
            guard let head = HeadStream(graph, attention: node) else { continue }
            for (name, more) in head.changes { changes[name, default: []] += more }
        }
        self.changes = changes
    }

    /// Why `init` may give nothing.
    public static let refusal =
        "the model's stream is not one of sums, norms and matrices alone, its head is its embedding, or its width is no multiple of 16"

    /// Numbers that are turned together: as many as the largest power of two that divides the width.
    static func part(of width: Int) -> Int { width & -width }
}

/// The nodes that read each node of a graph.
func readers(of graph: Graph) -> [[Int]] {
    var readers = Array(repeating: [Int](), count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() { for input in Set(node.inputs) { readers[input].append(index) } }
    return readers
}

extension Graph {
    /// Whether a weight has one node alone.
    fileprivate func isAlone(_ weight: Weight) -> Bool { nodes.count { $0.operation.weight?.source == weight.source } == 1 }

    /// The matrix that a node's rows come out of, and the bias on the way, where nothing else reads what is in between.
    fileprivate func producer(of node: Int, _ readers: [[Int]]) -> (matrix: Weight, bias: Weight?)? {
        let operation = nodes[node].operation
        if let bias = operation.weight, operation is Bias {
            guard let input = nodes[node].inputs.first, readers[input].count == 1, isAlone(bias),
                let (matrix, none) = producer(of: input, readers), none == nil
            else { return nil }
            return (matrix, bias)
        }
        guard let matrix = operation.weight, operation is Linear, isAlone(matrix) else { return nil }
        return (matrix, nil)
    }
}

/// The rows that everything adds to, from the embedding to the last norm.
private struct ResidualStream {
    private(set) var changes: [String: [Rotation.Change]] = [:]

    init?(_ graph: Graph) {
        let readers = readers(of: graph)
        guard let start = graph.nodes.firstIndex(where: { $0.operation is Embedding }) else { return nil }
        let stream = ResidualStream.nodes(from: start, graph, readers), part = Rotation.part(of: graph.nodes[start].form.width)
        guard part >= 16 else { return nil }
        for node in stream {
            guard add(writer: node, graph, readers, stream, part) else { return nil }
            for reader in readers[node] where !stream.contains(reader) {
                guard add(norm: reader, graph, readers, part) else { return nil }
            }
        }
    }

    /// The embedding, and all that is a sum with one of them.
    private static func nodes(from start: Int, _ graph: Graph, _ readers: [[Int]]) -> Set<Int> {
        var found: Set<Int> = [start], waiting = [start]
        while let node = waiting.popLast() {
            let sums = readers[node].filter { graph.nodes[$0].operation is Add }
            let addends = graph.nodes[node].operation is Add ? graph.nodes[node].inputs : []
            for next in sums + addends where found.insert(next).inserted { waiting.append(next) }
        }
        return found
    }

    /// What writes to the stream: a sum of what is in it, a table, a matrix.
    private mutating func add(writer node: Int, _ graph: Graph, _ readers: [[Int]], _ stream: Set<Int>, _ part: Int) -> Bool {
        let operation = graph.nodes[node].operation
        if operation is Add { return graph.nodes[node].inputs.allSatisfy(stream.contains) }
        if let table = operation.weight, operation is Embedding {
            guard graph.isAlone(table) else { return false }
            changes[table.name, default: []].append(.rows(part: part))
            return true
        }
        guard let (matrix, bias) = graph.producer(of: node, readers) else { return false }
        changes[matrix.name, default: []].append(.columns(part: part))
        if let bias { changes[bias.name, default: []].append(.columns(part: part)) }
        return true
    }

    /// What reads it: a norm, whose gain goes into the matrices behind it.
    private mutating func add(norm node: Int, _ graph: Graph, _ readers: [[Int]], _ part: Int) -> Bool {
        guard graph.nodes[node].operation is RMSNorm, !readers[node].isEmpty else { return false }
        let gain = graph.nodes[node].operation.weight
        if let gain, !graph.isAlone(gain) { return false }
        for reader in readers[node] {
            guard graph.nodes[reader].operation is Linear, let matrix = graph.nodes[reader].operation.weight, graph.isAlone(matrix) else {
                return false
            }
            changes[matrix.name, default: []] += (gain.map { [.gained(by: $0.name)] } ?? []) + [.rows(part: part)]
        }
        if let gain { changes[gain.name, default: []].append(.ones) }
        return true
    }
}

/// What a head of attention carries from the values to the matrix behind it.
private struct HeadStream {
    private(set) var changes: [String: [Rotation.Change]] = [:]

    init?(_ graph: Graph, attention node: Int) {
        let readers = readers(of: graph)
        guard let attention = graph.nodes[node].operation as? Attention, graph.nodes[node].inputs.count == 3 else { return nil }
        let values = graph.nodes[node].inputs[2], part = Rotation.part(of: attention.width)
        guard part >= 16, readers[values] == [node], let (matrix, bias) = graph.producer(of: values, readers),
            let reader = readers[node].first, readers[node].count == 1, graph.nodes[reader].operation is Linear,
            let output = graph.nodes[reader].operation.weight, graph.isAlone(output)
        else { return nil }
        changes[matrix.name] = [.columns(part: part)]
        if let bias { changes[bias.name] = [.columns(part: part)] }
        changes[output.name] = [.rows(part: part)]
    }
}
