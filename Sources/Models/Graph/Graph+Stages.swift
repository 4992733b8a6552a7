/// An order of the nodes in stages: nodes of one stage do not depend on each other, so that they may run side by side.
///
/// Products, which take nearly all of the time, wait until nothing else is left to do: those of one stage are then done in one go, and
/// threads part and meet once for all of them.
extension Graph {
    /// The same nodes, stage by stage, and where each stage is. The last node stays the last.
    package func staged() -> (graph: Graph, stages: [Range<Int>]) {
        var result = Graph(), stages: [Range<Int>] = [], moved = [Int?](repeating: nil, count: nodes.count)
        var waiting = Array(nodes.indices.dropLast())
        while !waiting.isEmpty {
            let ready = waiting.filter { nodes[$0].inputs.allSatisfy { moved[$0] != nil } }
            let others = ready.filter { !(nodes[$0].operation is TernaryLinear) }
            result.append(stage: others.isEmpty ? ready : others, of: self, &moved, &stages)
            waiting.removeAll { moved[$0] != nil }
        }
        if let last = nodes.indices.last { result.append(stage: [last], of: self, &moved, &stages) }
        return (result, stages)
    }

    private mutating func append(stage: [Int], of graph: Graph, _ moved: inout [Int?], _ stages: inout [Range<Int>]) {
        let start = nodes.count
        for index in stage {
            let node = graph.nodes[index]
            moved[index] = nodes.count
            nodes.append(Node(name: node.name, operation: node.operation, inputs: node.inputs.compactMap { moved[$0] }, form: node.form))
        }
        stages.append(start..<nodes.count)
    }
}
