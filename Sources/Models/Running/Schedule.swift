/// A graph as it runs: fused, its nodes in stages that may run side by side.
public struct Schedule: Sendable {
    /// An equal graph in fewer steps, stage after stage.
    public let graph: Graph
    /// Nodes that do not depend on each other.
    public let stages: [Range<Int>]
    /// From this node on, where a stage begins, no operation has state or looks at tokens: rows whose output nobody wants may be left out.
    public let tail: Int

    /// `optimising: false` keeps every node.
    public init(_ graph: Graph, optimising: Bool = true) {
        let (running, stages) = (optimising ? graph.optimised : graph).staged()
        (self.graph, self.stages) = (running, stages)
        tail = stages.last { stage in
            running.nodes[stage].contains { $0.operation.memory != .nothing || $0.operation.readsTokens }
        }?.upperBound ?? 0
    }
}
