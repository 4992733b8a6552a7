import Models
import Support
import Testing

import Generation

/// Texts that begin alike are read on forks of a session, and scored as each alone.
@Suite struct GroupedScoresTests {
    private static func text(_ count: Int, _ seed: Int32) -> [Int32] { (0..<Int32(count)).map { ($0 * $0 + 7 * $0 + 13 * seed) % 67 } }

    private static let groups: [[ScoredText]] = [
        [ScoredText(text(30, 1) + [1, 2], from: 30), ScoredText(text(30, 1) + [1, 3, 4], from: 30), ScoredText(text(30, 1) + [5], from: 30)],
        [ScoredText(text(9, 2) + [1], from: 9), ScoredText(text(4, 2) + [9], from: 4)],
        [ScoredText([3, 4], from: 1)], [ScoredText([3, 4], from: 1), ScoredText([5, 4], from: 1)], [],
        [ScoredText(text(12, 3), from: 12), ScoredText(text(12, 3), from: 5)], [ScoredText(text(300, 4), from: 20)],
    ]

    @Test(arguments: try smallGraphs(vocabulary: 67))
    func `a group's scores are those of its texts`(_ graph: Graph) throws {
        let machine = try randomMachine(graph), scorer = Scorer(machine, from: graph.session)
        let alone = try Self.groups.map { try $0.map { try scorer.scores(of: [$0])[0][0] } }
        #expect(try scorer.scores(ofGroups: Self.groups) == [alone])
        let prefix = Self.text(40, 5)
        let behind = Self.groups.map { $0.map { ScoredText(prefix + $0.tokens, from: $0.start + 40) } }
        let after = try scorer.after(prefix[...]).scores(ofGroups: behind.map { $0.map { $0.dropping(40) } })
        #expect(try after == [behind.map { try $0.map { try scorer.scores(of: [$0])[0][0] } }])
    }

    @Test func `what texts share ends before what is scored of any`() {
        #expect(Self.groups.map(ScoredText.shared) == [29, 3, 0, 0, 0, 4, 19])
    }
}
