/// A graph cut into blocks between which the rows of a single node pass, such as the residual stream: what a trace computes anew on its way
/// back, one block after the other, where it does not remember everything (Chen et al. 2016, "Training deep nets with sublinear memory
/// cost").
struct TraceBlocks {
    /// In order. What leaves a block is its last node.
    let ranges: [Range<Int>]
    /// Of each node: whether its rows are remembered in any case. They are where they pass between blocks, and where operations with state
    /// look at them for later tokens.
    let kept: [Bool]

    init(_ graph: Graph) {
        let nodes = graph.nodes, ranges = graph.sections
        var kept = [Bool](repeating: false, count: nodes.count)
        for range in ranges { kept[range.upperBound - 1] = true }
        for node in graph.statefulNodes { for index in nodes[node].inputs + [node] { kept[index] = true } }
        (self.ranges, self.kept) = (ranges, kept)
    }
}
