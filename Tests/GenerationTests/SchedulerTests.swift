import Basis
import Catalog
import Models
import Support
import Tensors
import Testing

import Generation

@Suite struct SchedulerTests {
    private let machine: Machine

    init() throws {
        let configuration = try #require(smallConfigurations["matmul-free"]?.first)
        machine = try randomMachine(Catalog.families[0].graph(configuration: configuration))
    }

    private func requests(_ count: Int) -> [Request] {
        (0..<count).map { index in
            var request = Request(tokens: (0...Int32(index % 5)).map { $0 * 3 + Int32(index) }, session: machine.graph.session)
            request.maxTokens = [3, 0, 9, 1, 6, 12, 2][index % 7]
            request.sampling.seed = UInt64(index)
            request.sampling.temperature = index % 2 == 0 ? 0 : 1.5
            request.sampling.repetitionPenalty = index % 3 == 0 ? 1.3 : 1
            return request
        }
    }

    private func answers(_ requests: [Request], batch: Int, endOfText: Set<Int32> = []) throws -> [Int: Answer] {
        var waiting = requests[...], answers: [Int: Answer] = [:]
        let events = Scheduler.Events(text: { _, _ in }, answer: { answers[$0] = $1 })
        try Scheduler(machine, tokenizer: nil, endOfText: endOfText, batch: batch).run({ mayWait in
            if !mayWait, waiting.count % 4 == 1 { return .nothingYet }
            return waiting.popFirst().map { .request($0) } ?? .end
        }, events)
        return answers
    }

    @Test(arguments: [1, 2, 7, 30])
    func whatElseIsInFlightChangesNoAnswer(_ batch: Int) throws {
        let requests = requests(23)
        let together = try answers(requests, batch: batch)
        #expect(together.count == 23)
        for (index, request) in requests.enumerated() {
            let alone = try answers([request], batch: 1)[0]
            #expect(together[index]?.tokens == alone?.tokens)
            #expect(together[index]?.tokens.count == request.maxTokens)
            #expect(together[index]?.session.states == alone?.session.states)
        }
    }

    @Test func anEndOfTextTokenEndsAnAnswerUnlessItIsIgnored() throws {
        var request = requests(7)[5]
        let tokens = try #require(try answers([request], batch: 1)[0]).tokens
        let end = tokens[4], first = try #require(tokens.firstIndex(of: end))
        let stopped = try answers([request], batch: 1, endOfText: [end])[0]
        #expect(stopped?.tokens == Array(tokens[...first]))
        #expect(stopped?.finish == .stop)
        request.ignoresEndOfText = true
        #expect(try answers([request], batch: 1, endOfText: [end])[0]?.tokens == tokens)
    }

    @Test func anAnswersSessionGoesOnWhereItEnded() throws {
        var request = requests(1)[0]
        request.maxTokens = 10
        let whole = try #require(try answers([request], batch: 1)[0])
        request.maxTokens = 4
        let half = try #require(try answers([request], batch: 1)[0])
        #expect(half.history == request.tokens + whole.tokens.prefix(4))
        var rest = Request(tokens: Array(half.history.suffix(1)), session: half.session)
        (rest.past, rest.maxTokens, rest.sampling) = (half.history.dropLast(), 6, request.sampling)
        #expect(try answers([rest], batch: 1)[0]?.tokens == Array(whole.tokens.suffix(6)))
    }

    @Test func tokensOutOfTheVocabularyAreRefusedAfterWhatIsInFlight() throws {
        var bad = requests(1)[0], answered: [Int] = []
        bad.tokens = [67]
        var waiting = [requests(1)[0], bad, requests(1)[0]][...]
        let events = Scheduler.Events(text: { _, _ in }, answer: { number, _ in answered.append(number) })
        #expect(throws: Failure("token 67 is not in the model's vocabulary of 67")) {
            try Scheduler(machine, tokenizer: nil, endOfText: [], batch: 4).run({ _ in waiting.popFirst().map { .request($0) } ?? .end }, events)
        }
        #expect(answered == [0])
    }

    @Test func whatComesBeforeAStartIsNotScored() throws {
        let whole = try Scorer(machine, from: machine.graph.session).scores(of: [ScoredText([1, 2, 3, 4, 5])])[0][0]
        for start in [0, 1, 3, 4, 5, 9] {
            let texts = [ScoredText([1, 2, 3, 4, 5], from: start), ScoredText([7, 7], from: start)]
            let scores = try Scorer(machine, from: machine.graph.session).scores(of: texts)[0]
            #expect(scores[0] == Array(whole.dropFirst(max(0, start - 1))) && scores[1].count == (start > 1 ? 0 : 1))
        }
    }

    @Test func scoresAreLogProbabilities() throws {
        let texts: [[Int32]] = [[1, 2, 3, 4], [7], [], [9, 9]]
        let scores = try Scorer(machine, from: machine.graph.session).scores(of: texts.map { ScoredText($0) })[0]
        #expect(scores.map(\.count) == [3, 0, 0, 1])
        let rows = try logits(machine, [1, 2, 3])
        for (position, row) in rows.enumerated() {
            let weights = row.map { Double($0).exponential }
            let expected = weights[Int(texts[0][position + 1])] / weights.reduce(0, +)
            #expect(abs(scores[0][position].logProbability.exponential - expected) < 1e-9)
            #expect(row.firstIndex(of: row.max() ?? 0) == Int(scores[0][position].likeliest))
        }
    }
}
