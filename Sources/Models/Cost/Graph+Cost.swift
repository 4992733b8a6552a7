extension Graph {
    /// What a pass over `tokens` tokens takes in a session that has seen `past` of them. Operations, state and activations grow with the
    /// tokens; weights are read once a pass, a trit as two bits, a table only in the rows that are looked up in it.
    public func cost(tokens: Int, past: Int = 0) -> Cost {
        var total = Cost()
        for node in nodes {
            let inputs = node.inputs.map { nodes[$0].form }
            total = total + node.operation.cost(inputs, tokens: tokens, past: past)
            total.activationBytes += tokens * (inputs + [node.form]).reduce(0) { $0 + $1.bytes }
            if let weight = node.operation.weight {
                total.weightBits += weight.bits(rows: node.operation.readsTokens ? min(tokens, weight.rows) : weight.rows)
            }
        }
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

extension Operation {
    /// What `tokens` tokens cost, the first of which comes after `past` others. Only attention costs more the more it has seen, and that
    /// grows evenly from token to token.
    fileprivate func cost(_ inputs: [Form], tokens: Int, past: Int) -> Cost {
        guard case .keysAndValues = memory, tokens > 0 else { return tokens * cost(inputs, past: past) }
        return (0..<tokens).reduce(Cost()) { $0 + cost(inputs, past: past + $1) }
    }
}

extension Weight {
    /// Bits that are read where `rows` rows of a table are looked up, or used.
    func bits(rows: Int) -> Int {
        switch kind {
        case .ternary: 2 * count + 32
        case .table: 32 * columns * rows
        case .dense: 32 * count
        }
    }
}
