import Models
import Support
import Tensors
import Testing

import Generation

/// Guessing ahead changes no answer.
@Suite struct SpeculationTests {
    /// With so few tokens guesses are often right, and often wrong.
    static let vocabulary = 4

    /// Prompts that repeat themselves more or less, chosen from greedily and by chance.
    private func requests(_ count: Int, draft: Int, on machine: Machine) -> [Request] {
        (0..<count).map { index in
            let (period, vocabulary) = (Int32(index % 6 + 1), Int32(Self.vocabulary))
            let tokens = (0..<Int32(4 + 3 * index)).map { ($0 % period * 3 + Int32(index)) % vocabulary }
            var request = Request(tokens: tokens, session: machine.graph.session)
            request.maxTokens = [40, 0, 25, 1, 2, 60, 33][index % 7]
            request.sampling.seed = UInt64(index)
            request.sampling.temperature = [0, 0.02, 1.5][index % 3]
            request.sampling.repetitionPenalty = index % 4 == 3 ? 1.2 : 1
            request.draftTokens = draft
            return request
        }
    }

    @Test(arguments: try smallGraphs(vocabulary: vocabulary), [1, 3, 64])
    func guessesChangeNoAnswer(_ graph: Graph, _ draft: Int) throws {
        let machine = try randomMachine(graph), requests = requests(21, draft: draft, on: machine)
        let alone = try Answering.alone(requests, machine)
        let counts = Dictionary(grouping: alone.flatMap(\.tokens), by: { $0 }).mapValues(\.count)
        let rarest = try #require(counts.min { $0.value < $1.value }).key
        for (endOfText, least) in [([], 50), ([rarest], 5)] as [(Set<Int32>, Int)] {
            let expected = try Answering.alone(requests, machine, endOfText: endOfText)
            for batch in [1, 4, 30] {
                let found = try Answering(requests, machine, batch: batch, endOfText: endOfText)
                #expect(found.results == expected)
                let (drafted, accepted) = found.answers.values.reduce((0, 0)) { ($0.0 + $1.drafted, $0.1 + $1.accepted) }
                // It would prove nothing if no guess were right, or all were.
                #expect(accepted > least && drafted > accepted + least / 5, "\(accepted) of \(drafted)")
            }
        }
    }

    /// A model without state goes round in a circle sooner or later.
    @Test func rightGuessesAreMostOfAnAnswerThatRepeatsItself() throws {
        let machine = try randomMachine(Graph { model in
            let x = model.embedding("e", vocabulary: 67, width: 20)
            return (x.silu * x).norm("m", epsilon: 1e-6).quantised("q").ternaryLinear("head", to: 67)
        })
        var request = Request(tokens: [1], session: machine.graph.session)
        (request.maxTokens, request.sampling.temperature, request.draftTokens) = (500, 0, 8)
        let answer = try Answering([request], machine, batch: 1)
        #expect(answer.results == (try Answering.alone([request], machine)))
        #expect(try #require(answer.answers[0]).accepted > 300)
    }

    @Test func whatFollowedTheLastThreeTokensIsGuessedOrElseTheLastTwo() {
        #expect(PromptLookup.continuation(of: [1, 2, 3, 9, 2, 3, 8, 1, 2, 3], 4) == [9, 2, 3, 8])
        #expect(PromptLookup.continuation(of: [1, 2, 3, 9, 2, 3, 8, 7, 2, 3], 2) == [8, 7])
        #expect(PromptLookup.continuation(of: [1, 2, 3, 9, 3], 4) == [])
        #expect(PromptLookup.continuation(of: [4, 5, 4, 5, 4], 7) == [5, 4, 5, 4, 5, 4, 5])
        #expect(PromptLookup.continuation(of: [6, 6, 6], 3) == [6, 6, 6])
        for short in [[], [1], [1, 1]] as [[Int32]] { #expect(PromptLookup.continuation(of: short, 3) == []) }
    }

    @Test func guessesAreThoseOfANaiveSearch() {
        var random = Random(seed: 5)
        for _ in 0..<3000 {
            let text = (0..<Int(random.next() % 20)).map { _ in Int32(random.next() % 3) }
            #expect(PromptLookup.continuation(of: text, 6) == naiveContinuation(text, 6))
        }
    }

    private func naiveContinuation(_ text: [Int32], _ count: Int) -> [Int32] {
        for length in [3, 2] where text.count > length {
            let end = text.suffix(length)
            guard let start = (0..<text.count - length).last(where: { text[$0...].starts(with: end) }) else { continue }
            let period = text.count - length - start
            var longer = text
            for _ in 0..<count { longer.append(longer[longer.count - period]) }
            return Array(longer.suffix(count))
        }
        return []
    }

    @Test func failingGuessesBecomeRare() {
        var lookup = PromptLookup(longest: 4), guesses = 0
        let text = [Int32](repeating: 1, count: 10)
        for _ in 0..<1000 where !lookup.draft(after: text, limit: 9).isEmpty {
            guesses += 1
            lookup.learn(drafted: 4, accepted: 0)
        }
        #expect((10...25).contains(guesses))
        lookup.learn(drafted: 4, accepted: 2)
        #expect(lookup.draft(after: text, limit: 2) == [1, 1])
        #expect(lookup.accepted == 2 && lookup.drafted == 4 * guesses + 4)
    }
}
