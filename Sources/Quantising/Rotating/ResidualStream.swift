import Models

/// The rows that everything adds to, from the embedding to the last norm.
struct ResidualStream {
    private(set) var changes: [String: [Rotation.Change]] = [:]

    init?(_ graph: Graph, _ readers: [[Int]]) {
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
