import Models

/// What a head of attention carries from the values to the matrix behind it.
struct HeadStream {
    private(set) var changes: [String: [Rotation.Change]] = [:]

    init?(_ graph: Graph, attention node: Int, _ readers: [[Int]]) {
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
