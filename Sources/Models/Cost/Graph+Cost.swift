extension Graph {
    /// What a pass over `tokens` tokens takes. Operations, state and activations grow with the tokens; weights are read once a pass, a
    /// trit as two bits, a table only in the rows it is asked for.
    public func cost(tokens: Int) -> Cost {
        var perToken = Cost(), weightBits = 0
        for node in nodes {
            let inputs = node.inputs.map { nodes[$0].form }
            perToken = perToken + node.operation.cost(inputs)
            perToken.activationBytes += (inputs + [node.form]).reduce(0) { $0 + $1.bytes }
            if let weight = node.operation.weight { weightBits += weight.bits(tokens: tokens) }
        }
        var total = tokens * perToken
        total.weightBits = weightBits
        return total
    }
}

extension Form {
    /// Bytes of one row that carry something, padding left aside.
    var bytes: Int {
        switch self {
        case .floats(let width): 4 * width
        case .quantised(let width): width + 8
        }
    }
}

extension Weight {
    /// Bits that a pass over `tokens` tokens reads.
    func bits(tokens: Int) -> Int {
        switch kind {
        case .ternary: 2 * count + 32
        case .table: 32 * columns * min(tokens, rows)
        case .dense: 32 * count
        }
    }
}
