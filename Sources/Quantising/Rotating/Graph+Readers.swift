import Models

extension Graph {
    /// The nodes that read each node.
    var readers: [[Int]] {
        var readers = Array(repeating: [Int](), count: nodes.count)
        for (index, node) in nodes.enumerated() { for input in Set(node.inputs) { readers[input].append(index) } }
        return readers
    }

    /// Whether a weight has one node alone.
    func isAlone(_ weight: Weight) -> Bool { nodes.count { $0.operation.weight?.source == weight.source } == 1 }

    /// The matrix that a node's rows come out of, and the bias on the way, where nothing else reads what is in between.
    func producer(of node: Int, _ readers: [[Int]]) -> (matrix: Weight, bias: Weight?)? {
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
