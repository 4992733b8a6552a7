import Basis
import Catalog
import Models
import Support
import Tensors
import Testing

/// The laws that hold for whole models, over every family there is.
@Suite struct GraphLaws {
    static func graphs() throws -> [Graph] {
        try Catalog.families.flatMap { family in try (smallConfigurations[family.name] ?? []).map { try family.graph(configuration: $0) } }
            + [withoutState(), withLateTokens()]
    }

    /// Nothing in it has state: what a token gives depends on that token alone.
    private static func withoutState() throws -> Graph {
        try Graph { model in
            let x = model.embedding("e", vocabulary: 67, width: 20).norm("n", epsilon: 1e-6)
            return (x.silu * x).norm("m", epsilon: 1e-6).quantised("q").ternaryLinear("head", to: 67)
        }
    }

    /// Looks at the tokens once more after its last state.
    private static func withLateTokens() throws -> Graph {
        try Graph { model in
            let x = model.embedding("e", vocabulary: 67, width: 20)
            let h = (x.silu * x).recurrence(decay: x.sigmoid, name: "h")
            let late = model.embedding("late", vocabulary: 67, width: 20)
            return (h + late).norm("m", epsilon: 1e-6).quantised("q").ternaryLinear("head", to: 67)
        }
    }

    private let text: [Int32] = (0..<300).map { Int32(($0 * 29 + $0 / 7) % 67) }

    @Test func everyFamilyHasSmallConfigurations() {
        #expect(Catalog.families.filter { (smallConfigurations[$0.name] ?? []).isEmpty }.map { $0.name } == [])
    }

    @Test(arguments: try graphs())
    func aTextAtOnceIsTheTextTokenByToken(_ graph: Graph) throws {
        let machine = try randomMachine(graph)
        let whole = try logits(machine, text)
        var feeds = [Machine.Feed(graph.session, [], wanted: .last)], rows: [[Float]] = []
        for token in text {
            feeds = [Machine.Feed(feeds[0].session, [token], wanted: .last)]
            try machine.run(&feeds) { _, _, row in rows.append(Array(row)) }
        }
        #expect(rows == whole)
    }

    @Test(arguments: try graphs())
    func theLastLogitsAreTheLastOfAll(_ graph: Graph) throws {
        let machine = try randomMachine(graph)
        var feeds = [Machine.Feed(graph.session, text[...], wanted: .last)], rows: [[Float]] = []
        try machine.run(&feeds) { _, token, row in
            #expect(token == text.count - 1)
            rows.append(Array(row))
        }
        #expect(rows == [try logits(machine, text)[text.count - 1]])
    }

    @Test(arguments: try graphs())
    func aForkChangesNothingUntilItIsFed(_ graph: Graph) throws {
        let machine = try randomMachine(graph)
        var feeds = [Machine.Feed(graph.session, text[..<20], wanted: .none)]
        try machine.run(&feeds) { _, _, _ in Issue.record("nothing was wanted") }
        let trunk = feeds[0].session, states = trunk.states
        let left = try logits(machine, [5, 6], from: trunk), right = try logits(machine, [9], from: trunk)
        #expect(trunk.states == states)
        #expect(left == Array(try logits(machine, Array(text[..<20]) + [5, 6]).suffix(2)))
        #expect(right == Array(try logits(machine, Array(text[..<20]) + [9]).suffix(1)))
    }

    @Test(arguments: try graphs())
    func aBatchIsItsMembersAlone(_ graph: Graph) throws {
        let machine = try randomMachine(graph)
        let texts = [text[..<3], text[5..<280], text[9..<10], text[40..<90], [], text[100..<101], text[7..<60]]
        var feeds = texts.map { Machine.Feed(graph.session, $0, wanted: .all) }
        var together = [[[Float]]](repeating: [], count: texts.count)
        try machine.run(&feeds) { feed, _, row in together[feed].append(Array(row)) }
        for (index, text) in texts.enumerated() { #expect(try logits(machine, Array(text)) == together[index]) }
    }

    @Test(arguments: try graphs())
    func threadsAndLevelsChangeNoBit(_ graph: Graph) throws {
        let expected = try logits(randomMachine(graph, kernels: .at(.scalar)), text)
        for level in KernelLevel.allCases where level.isAvailable {
            for threads in [1, 2, 5] { #expect(try logits(randomMachine(graph, kernels: .at(level), threads: threads), text) == expected) }
        }
    }

    @Test(arguments: try graphs())
    func rewritesChangeNoBit(_ graph: Graph) throws {
        let plain = try logits(randomMachine(graph, optimising: false), text)
        #expect(try logits(randomMachine(graph), text) == plain)
        let quantises = graph.nodes.contains { $0.operation is Quantise }
        for (rewritten, isDue) in [(graph.fusingNormQuantise, quantises), (graph.fusingGates, true)] {
            #expect((rewritten.nodes.count < graph.nodes.count) == isDue)
            #expect(try logits(randomMachine(rewritten, optimising: false), text) == plain)
        }
    }

    @Test(arguments: try graphs())
    func aGraphIsItsJSON(_ graph: Graph) throws {
        let again = try Graph(json: JSON(parsing: graph.json.compact), operations: Catalog.operations)
        #expect(again == graph)
        #expect(again.weights == graph.weights)
    }

    @Test(arguments: try graphs())
    func costGrowsWithTheTokensAndWeightsAreReadOnce(_ graph: Graph) {
        let one = graph.cost(tokens: 1), many = graph.cost(tokens: 10)
        #expect(many.accumulations == 10 * one.accumulations)
        #expect(one.accumulations == graph.weights.filter { $0.kind == .ternary }.reduce(0) { $0 + $1.count })
        // Of a table that is looked up, each token reads a row.
        let lookUps = graph.nodes.filter { $0.operation.readsTokens && $0.operation.weight?.kind == .table }
        let rows = lookUps.reduce(0) { $0 + 32 * ($1.operation.weight?.columns ?? 0) }
        #expect(many.weightBits - 10 * rows == one.weightBits - rows)
    }

    @Test(arguments: try graphs())
    func nothingIsReadBeforeItIsWritten(_ graph: Graph) throws {
        let poisoned = try randomMachine(graph)
        poisoned.poisons = true
        #expect(try logits(poisoned, text) == logits(randomMachine(graph), text))
    }

    /// A prompt goes through in parts, and memory is shared between nodes: what a part leaves behind must not be read by the next.
    @Test(arguments: try graphs())
    func leftoversOfEarlierRunsAreNotRead(_ graph: Graph) throws {
        let machine = try randomMachine(graph), fresh = try randomMachine(graph)
        _ = try logits(machine, text)
        #expect(try logits(machine, [1, 2, 3]) == logits(fresh, [1, 2, 3]))
    }
}
