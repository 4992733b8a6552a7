/// Matrices of floats that may become planes of trits.
extension Graph {
    /// The matrices that the graph multiplies by in floats, but for the head, which is the last node, and tables that rows are looked up
    /// in.
    public var multipliedMatrices: [Weight] {
        let looked = Set(nodes.compactMap { $0.operation is Embedding ? $0.operation.weight?.name : nil })
        var seen: Set<Weight> = []
        return nodes.dropLast().compactMap { node in
            guard node.operation is Linear, let weight = node.operation.weight, !looked.contains(weight.name) else { return nil }
            return seen.insert(weight).inserted ? weight : nil
        }
    }
}
