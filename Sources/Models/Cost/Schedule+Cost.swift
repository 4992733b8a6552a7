/// Tokens that go through a graph at once.
public struct Pass: Hashable, Sendable {
    /// Texts.
    public var sequences: Int
    /// Tokens of each text.
    public var tokens: Int
    /// Tokens that each text has seen before.
    public var past: Int
    /// The last tokens of each text, whose outputs are wanted.
    public var wanted: Int

    public init(sequences: Int = 1, tokens: Int = 1, past: Int = 0, wanted: Int = 1) {
        (self.sequences, self.tokens, self.past, self.wanted) = (sequences, tokens, past, wanted)
    }
}

/// What one node of a graph takes in a pass.
public struct NodeCost: Sendable {
    public let node: Graph.Node
    /// The forms of a row of its inputs.
    public let inputs: [Form]
    /// Rows that it works on: one a token, or one a wanted token where others may be left out.
    public let rows: Int
    /// Operations and bytes of all rows; keys and values are read once a text and pass, however many of its tokens look back at them.
    public let cost: Cost
}

extension Schedule {
    /// What each node takes in a pass, in the order in which they run.
    public func costs(_ pass: Pass) -> [NodeCost] {
        graph.nodes.indices.map { index in
            let tokens = index < tail ? pass.tokens : min(pass.wanted, pass.tokens)
            let node = graph.nodes[index]
            return NodeCost(
                node: node, inputs: node.inputs.map { graph.nodes[$0].form }, rows: pass.sequences * tokens,
                cost: cost(of: index, pass, tokens: tokens))
        }
    }

    /// Weights are read once for all texts, everything else is done for each.
    private func cost(of index: Int, _ pass: Pass, tokens: Int) -> Cost {
        let node = graph.nodes[index], once = graph.cost(of: index, tokens: tokens, past: pass.past)
        var all = pass.sequences * once
        all.weightBits = once.weightBits
        if node.operation.readsTokens { all.weightBits = graph.cost(of: index, tokens: pass.sequences * tokens, past: 0).weightBits }
        if case .keysAndValues = node.operation.memory, tokens > 1 {
            let inputs = node.inputs.map { graph.nodes[$0].form }, operation = node.operation
            // A token writes as much as it reads of itself.
            let written = operation.cost(inputs, past: 0).stateBytes / 2
            let last = operation.cost(inputs, past: pass.past + tokens - 1).stateBytes
            all.stateBytes = pass.sequences * (last + (tokens - 1) * written)
        }
        return all
    }
}
