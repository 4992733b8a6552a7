import Tensors

/// What a pass takes on this machine, by its weights as they lie in memory. `Graph.cost` says what it takes on any.
extension Machine {
    /// Bytes of weights that a pass over one token reads: a product reads all of its matrix, a look-up one row of its table.
    public var weightBytes: Int { storage.tritBytes + storage.otherBytes }

    /// The weights that a pass over one token reads: how many of them are trits, the bytes of those, and the bytes of all others.
    public var storage: (trits: Int, tritBytes: Int, otherBytes: Int) {
        var (trits, tritBytes, otherBytes) = (0, 0, 0)
        for step in steps {
            switch step.parameter {
            case .none: break
            case .trits(let matrix): (trits, tritBytes) = (trits + matrix.rows * matrix.columns, tritBytes + matrix.byteCount)
            case .table(let table): otherBytes += step.operation.readsTokens ? table.rowBytes : table.rows * table.rowBytes
            case .dense, .several: otherBytes += step.parameter.denseParts.reduce(0) { $0 + $1.count * MemoryLayout<Float>.size }
            }
        }
        return (trits, tritBytes, otherBytes)
    }

    /// Multiply-adds by trits that `tokens` tokens take, of which `wanted` outputs are wanted.
    public func multiplyAdds(tokens: Int, wanted: Int) -> Int {
        steps.indices.reduce(0) { sum, index in
            guard case .trits(let matrix) = steps[index].parameter else { return sum }
            return sum + matrix.rows * matrix.columns * (index < tail ? tokens : wanted)
        }
    }

    /// Passes that `tokens` tokens take.
    public static func passes(tokens: Int) -> Int { (tokens + rowLimit - 1) / rowLimit }
}
