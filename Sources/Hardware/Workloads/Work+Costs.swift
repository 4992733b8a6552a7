import Models

extension Work {
    init(_ cost: NodeCost, _ layer: Layer) {
        let node = cost.node, weight = node.operation.weight, kind = Kind(of: node.operation), all = cost.cost
        (name, self.layer, operation, self.kind, rows) = (node.name, layer, type(of: node.operation).name, kind, cost.rows)
        let isProduct = kind == .ternary || kind == .dense
        weights = isProduct ? Double(weight?.count ?? 0) : 0
        columns = isProduct ? weight?.columns ?? 1 : 1
        let multiplied = kind == .ternary ? all.accumulations : isProduct || kind == .attention ? all.multiplications : 0
        multiplyAdds = Double(multiplied)
        // Half of the operations of a product are those of its multiply-adds.
        additions = Double(isProduct || kind == .attention ? max(0, all.additions - multiplied) : all.additions) + Double(all.comparisons)
        multiplications = Double(kind == .dense || kind == .attention ? 0 : all.multiplications)
        (exponentials, divisions) = (Double(all.exponentials), Double(all.divisions + all.squareRoots))
        parameters = isProduct ? 0 : Double(all.weightBits) / 32
        let forms = cost.inputs + [node.form]
        activations = Double(cost.rows) * forms.reduce(0) { if case .floats(let width) = $1 { $0 + Double(width) } else { $0 } }
        quantisedBytes = Double(all.activationBytes) - 4 * activations
        stateBytes = kind == .attention ? 0 : Double(all.stateBytes)
        cached = kind == .attention ? Double(all.stateBytes) / 4 : 0
    }

    /// The choice of a token out of the logits of each row: each is looked at once.
    init(choosingFrom vocabulary: Int, rows: Int) {
        (name, layer, operation, kind, self.rows) = ("sampling", .output, "sampling", .vector, rows)
        (weights, columns, multiplyAdds, additions) = (0, 1, 0, Double(rows) * Double(vocabulary))
        (multiplications, exponentials, divisions, parameters) = (0, 0, 0, 0)
        (activations, quantisedBytes, stateBytes, cached) = (Double(rows) * Double(vocabulary), 0, 0, 0)
    }
}

extension Work {
    /// A product of `rows` rows by a matrix [outputs, columns], or a row-wise operation on rows of `outputs` numbers, a handful of
    /// operations each.
    init(_ kind: Kind, rows: Int, outputs: Int, columns: Int) {
        let isProduct = kind != .vector, numbers = Double(rows) * Double(outputs), all = numbers * Double(columns)
        (name, layer, operation, self.kind, self.rows) = (kind.rawValue, .block(0), kind.rawValue, kind, rows)
        (weights, self.columns) = (isProduct ? Double(outputs) * Double(columns) : 0, columns)
        (multiplyAdds, additions, multiplications) = isProduct ? (all, 0, 0) : (0, numbers, 3 * numbers)
        (exponentials, divisions, parameters, quantisedBytes, stateBytes, cached) = (0, 0, 0, 0, 0, 0)
        activations = isProduct ? Double(rows) * Double(outputs + columns) : 2 * numbers
    }
}

extension Work.Kind {
    fileprivate init(of operation: any Operation) {
        if case .keysAndValues = operation.memory { self = .attention; return }
        switch operation.weight?.kind {
        case .ternary: self = .ternary
        case .table: self = operation.readsTokens ? .lookup : .dense
        case .dense, nil: self = .vector
        }
    }
}
