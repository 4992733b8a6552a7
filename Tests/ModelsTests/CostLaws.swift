import Models
import Testing

/// What passes cost, by the closed forms and one token after the other.
@Suite struct CostLaws {
    /// The plain sum over the tokens of a text.
    private func plainly(_ node: Graph.Node, _ inputs: [Form], tokens: Int, past: Int) -> Cost {
        (past..<past + tokens).reduce(Cost()) { $0 + node.operation.cost(inputs, past: $1) }
    }

    /// Without what is read or written beside the operation itself.
    private func operations(_ cost: Cost) -> Cost {
        var rest = cost
        (rest.activationBytes, rest.weightBits) = (0, 0)
        return rest
    }

    @Test(arguments: try GraphLaws.graphs())
    func aTextCostsWhatItsTokensCost(_ graph: Graph) {
        for (tokens, past) in [(0, 0), (1, 0), (2, 0), (3, 7), (4, 0), (5, 19), (40, 0), (41, 3), (100, 20), (301, 1), (64, 1000)] {
            let plain = graph.nodes.reduce(Cost()) { sum, node in
                sum + plainly(node, node.inputs.map { graph.nodes[$0].form }, tokens: tokens, past: past)
            }
            #expect(operations(graph.cost(tokens: tokens, past: past)) == plain, "\(tokens) tokens after \(past)")
        }
    }

    /// The window fills before, within and after the text.
    @Test(arguments: [0, 1, 2, 3, 16, 63, 64, 1000])
    func aTextCostsWhatItsTokensCostWithAnyWindow(_ window: Int) throws {
        let graph = try Graph { model in
            let x = model.embedding("e", vocabulary: 67, width: 24)
            let q = x.linear("q", to: 24), k = x.linear("k", to: 8), v = x.linear("v", to: 8)
            return q.attention(keys: k, values: v, heads: 6, keyValueHeads: 2, window: window, name: "a").linear("o", to: 67)
        }
        for (tokens, past) in [(1, 0), (2, 0), (4, 0), (5, 14), (16, 0), (17, 0), (33, 10), (100, 0), (129, 62), (200, 900), (50, 2000)] {
            let plain = graph.nodes.reduce(Cost()) { sum, node in
                sum + plainly(node, node.inputs.map { graph.nodes[$0].form }, tokens: tokens, past: past)
            }
            #expect(operations(graph.cost(tokens: tokens, past: past)) == plain, "\(tokens) tokens after \(past)")
        }
    }

    private func total(_ costs: [NodeCost]) -> Cost { costs.reduce(Cost()) { $0 + $1.cost } }

    /// Keys and values are read once a pass, however many tokens look at them; all else is what the graph says.
    @Test(arguments: try GraphLaws.graphs())
    func aPassOfOneTextCostsWhatTheFusedGraphCosts(_ graph: Graph) {
        let schedule = Schedule(graph)
        for (tokens, past) in [(1, 0), (1, 30), (9, 0), (50, 11)] {
            let costs = schedule.costs(Pass(sequences: 1, tokens: tokens, past: past, wanted: tokens))
            var pass = total(costs), whole = schedule.graph.cost(tokens: tokens, past: past)
            #expect(pass.stateBytes <= whole.stateBytes && (tokens > 1 || pass.stateBytes == whole.stateBytes))
            (pass.stateBytes, whole.stateBytes) = (0, 0)
            #expect(pass == whole, "\(tokens) tokens after \(past)")
            for cost in costs {
                #expect(cost.rows == tokens)
                guard case .keysAndValues(let heads, let width) = cost.node.operation.memory else { continue }
                let window = cost.node.operation.attributes["window"]?.intValue ?? .max
                // Floats of four bytes: what the last token sees is read, what is new is written.
                #expect(cost.cost.stateBytes == 4 * 2 * heads * width * (min(window, past + tokens) + tokens))
            }
        }
    }

    @Test(arguments: try GraphLaws.graphs())
    func aPassOfSeveralTextsReadsWeightsOnce(_ graph: Graph) {
        let schedule = Schedule(graph)
        let one = schedule.costs(Pass(sequences: 1, tokens: 4, past: 5, wanted: 1)), many = schedule.costs(Pass(sequences: 7, tokens: 4, past: 5, wanted: 1))
        for (a, b) in zip(one, many) {
            #expect(b.rows == 7 * a.rows && operations(b.cost) == 7 * operations(a.cost) && b.cost.activationBytes == 7 * a.cost.activationBytes)
            if !a.node.operation.readsTokens { #expect(a.cost.weightBits == b.cost.weightBits) }
        }
    }

    /// After the last operation with state only wanted rows are worked on.
    @Test(arguments: try GraphLaws.graphs())
    func whatNobodyWantsCostsNothing(_ graph: Graph) {
        let schedule = Schedule(graph)
        for wanted in [0, 1, 3, 20] {
            let costs = schedule.costs(Pass(sequences: 2, tokens: 10, past: 0, wanted: wanted))
            for (index, cost) in costs.enumerated() { #expect(cost.rows == 2 * (index < schedule.tail ? 10 : min(10, wanted))) }
            for cost in costs where cost.rows == 0 { #expect(operations(cost.cost) == Cost()) }
        }
    }
}
