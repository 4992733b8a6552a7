/// Where each node's rows lie in one arena. Nodes that are never needed at the same time share memory.
struct MemoryPlan {
    /// Bytes from the arena's start, for each row that the arena is laid out for.
    let offsets: [Int]
    /// Bytes of the arena for each row.
    let size: Int

    private struct Hole {
        let start: Int
        let size: Int
    }

    /// Nodes of one stage may run at once: what a node of it reads last is free only after the stage.
    init(_ graph: Graph, stages: [Range<Int>]) {
        var lastReader = Array(graph.nodes.indices)
        for (index, node) in graph.nodes.enumerated() { for input in node.inputs { lastReader[input] = index } }
        if let last = graph.nodes.indices.last { lastReader[last] = .max }
        var holes: [Hole] = [], end = 0, offsets: [Int] = []
        for stage in stages {
            for index in stage { offsets.append(Self.place(Rows.bytes(of: graph.nodes[index].form), &holes, &end)) }
            for input in Set(stage.flatMap { graph.nodes[$0].inputs } + Array(stage)) where stage.contains(lastReader[input]) {
                holes.append(Hole(start: offsets[input], size: Rows.bytes(of: graph.nodes[input].form)))
            }
        }
        (self.offsets, self.size) = (offsets, end)
    }

    /// The smallest hole that is large enough, or new memory at the end.
    private static func place(_ size: Int, _ holes: inout [Hole], _ end: inout Int) -> Int {
        let fitting = holes.indices.filter { holes[$0].size >= size }.min { holes[$0].size < holes[$1].size }
        guard let fitting else {
            defer { end += size }
            return end
        }
        let hole = holes.remove(at: fitting)
        if hole.size > size { holes.append(Hole(start: hole.start + size, size: hole.size - size)) }
        return hole.start
    }
}
