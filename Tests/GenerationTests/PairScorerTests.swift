import Basis
import Glibc
import Models
import Support
import Testing

import Generation

/// Two models side by side, held against each of them alone, token by token.
@Suite struct PairScorerTests {
    private static let texts = [(30, 1), (7, 3), (1, 1), (90, 60), (2, 1), (400, 1)].enumerated().map { number, shape in
        ScoredText((0..<Int32(shape.0)).map { ($0 * $0 + 5 * $0 + 11 * Int32(number)) % 67 }, from: shape.1)
    }

    /// log p of each token, in the plainest way.
    private func distributions(_ machine: Machine, _ tokens: [Int32]) throws -> [[Double]] {
        var session = machine.graph.session, found: [[Double]] = []
        for token in tokens {
            var feeds = [Machine.Feed(session, [token], wanted: .last)]
            try machine.run(&feeds) { _, _, logits in
                let total = log(logits.reduce(0) { $0 + exp(Double($1)) })
                found.append(logits.map { Double($0) - total })
            }
            session = feeds[0].session
        }
        return found
    }

    @Test(arguments: try smallGraphs(vocabulary: 67))
    func `divergences are those of the distributions`(_ graph: Graph) throws {
        let reference = try randomMachine(graph), model = try randomMachine(graph, seed: 2)
        let scorer = try PairScorer(reference: (reference, graph.session), model: (model, graph.session))
        let found = try scorer.scores(of: Self.texts)
        for (text, scores) in zip(Self.texts, found) {
            let expected = try distributions(reference, text.tokens), other = try distributions(model, text.tokens)
            #expect(scores.count == text.count)
            for (score, place) in zip(scores, text.start...) {
                let (p, q) = (expected[place - 1], other[place - 1]), token = Int(text.tokens[place])
                let divergence = zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
                #expect(abs(score.divergence - divergence) < 1e-9 && divergence > 0)
                #expect(abs(score.reference.logProbability - p[token]) < 1e-9 && abs(score.model.logProbability - q[token]) < 1e-9)
                #expect(score.agrees == (p.firstIndex(of: p.max() ?? 0) == q.firstIndex(of: q.max() ?? 0)))
            }
        }
        #expect(try Self.texts.map { try scorer.scores(of: [$0])[0] } == found)
    }

    @Test func `a model is as far from itself as nothing`() throws {
        let graph = try #require(try smallGraphs().first), machine = try randomMachine(graph)
        let scores = try PairScorer(reference: (machine, graph.session), model: (machine, graph.session)).scores(of: Self.texts)
        #expect(scores.joined().allSatisfy { $0.divergence == 0 && $0.agrees && $0.reference == $0.model })
        let single = try Scorer(machine, from: graph.session).scores(of: Self.texts)[0]
        #expect(scores.map { $0.map(\.model) } == single)
    }

    @Test func `models with other tokens cannot be compared`() throws {
        let graphs = try [67, 70].map { try #require(try smallGraphs(vocabulary: $0).first) }, machines = try graphs.map { try randomMachine($0) }
        #expect(throws: Failure("the reference answers with 67 tokens and the model with 70")) {
            try PairScorer(reference: (machines[0], graphs[0].session), model: (machines[1], graphs[1].session))
        }
    }
}
