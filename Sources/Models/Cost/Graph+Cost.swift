extension Graph {
    /// What a pass over `tokens` tokens takes in a session that has seen `past` of them. Operations, state and activations grow with the
    /// tokens; weights are read once a pass, a trit as two bits, a table only in the rows that are looked up in it.
    public func cost(tokens: Int, past: Int = 0) -> Cost {
        nodes.indices.reduce(Cost()) { $0 + cost(of: $1, tokens: tokens, past: past) }
    }

    /// The part of one node in it.
    func cost(of index: Int, tokens: Int, past: Int) -> Cost {
        let node = nodes[index], inputs = node.inputs.map { nodes[$0].form }
        var total = node.operation.cost(inputs, tokens: tokens, past: past)
        total.activationBytes = tokens * (inputs + [node.form]).reduce(0) { $0 + $1.bytes }
        total.weightBits = node.operation.weights.reduce(0) { sum, weight in
            sum + weight.bits(rows: node.operation.readsTokens ? min(tokens, weight.rows) : weight.rows)
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
    /// What `tokens` tokens cost, the first of which comes after `past` others. Only attention costs more the more it has seen: evenly,
    /// until its window is full.
    fileprivate func cost(_ inputs: [Form], tokens: Int, past: Int) -> Cost {
        guard case .keysAndValues = memory, tokens > 0 else { return tokens * cost(inputs, past: past) }
        return sum(past..<past + tokens) { cost(inputs, past: $0) }
    }

    /// The sum of costs that grow evenly or less and less: where they grow as much at the end as at the beginning, they do so in between.
    private func sum(_ range: Range<Int>, _ cost: (Int) -> Cost) -> Cost {
        guard range.count > 3 else { return range.reduce(Cost()) { $0 + cost($1) } }
        let (first, last) = (range.lowerBound, range.upperBound - 1), ends = cost(first) + cost(last)
        if cost(first + 1) + cost(last - 1) == ends { return (range.count * ends).halved }
        let middle = first + range.count / 2
        return sum(first..<middle, cost) + sum(middle..<range.upperBound, cost)
    }
}

extension Cost {
    fileprivate var halved: Cost {
        var half = self
        for (_, kind) in Cost.kinds { half[keyPath: kind] /= 2 }
        return half
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
