import Models
import Support
import Testing

import Generation

/// What prompts have in common is fed once, and changes no answer.
@Suite struct SharingTests {
    private let machine: Machine

    init() throws { machine = try randomMachine(try #require(try smallGraphs().first)) }

    private func text(_ count: Int, _ seed: Int32) -> [Int32] { (0..<Int32(count)).map { ($0 * $0 + 7 * $0 + 13 * seed) % 67 } }

    private func request(_ tokens: [Int32], _ maxTokens: Int = 3, on machine: Machine? = nil) -> Request {
        var request = Request(tokens: tokens, session: (machine ?? self.machine).graph.session)
        request.maxTokens = maxTokens
        request.sampling.seed = UInt64(tokens.count)
        return request
    }

    /// Prompts that part from each other at several places: after 40 tokens, after 60 of them, at their ends.
    private func family(on machine: Machine) -> [Request] {
        let trunk = text(40, 1), branch = trunk + text(20, 2)
        let prompts = [branch + [1, 2, 3], trunk + [5], branch + text(300, 3), branch + [1, 2, 3], text(30, 4)]
        return prompts.enumerated().map { request($1, [2, 0, 4, 1, 3][$0], on: machine) }
    }

    private func orders<Element>(of elements: [Element]) -> [[Element]] {
        guard elements.count > 1 else { return [elements] }
        return elements.indices.flatMap { index in
            var rest = elements
            let first = rest.remove(at: index)
            return orders(of: rest).map { [first] + $0 }
        }
    }

    @Test(arguments: try smallGraphs(), [1, 2, 8])
    func prefixesInAnyOrderChangeNoAnswer(_ graph: Graph, _ batch: Int) throws {
        let machine = try randomMachine(graph), requests = family(on: machine)
        let alone = try Answering.alone(requests, machine)
        for order in orders(of: Array(requests.indices)) {
            for late in batch == 2 ? [false, true] : [false] {
                let together = try Answering(order.map { requests[$0] }, machine, batch: batch, late: late)
                #expect(together.results == order.map { alone[$0] }, "\(order)")
                // Alone 40 + 40 + 60 + 60 + 20 more go through the model.
                if !late { #expect(together.tokensFed < 700, "\(order): \(together.tokensFed)") }
            }
        }
    }

    @Test(arguments: [1, 3, 16])
    func aCommonStartIsFedOnce(_ batch: Int) throws {
        let requests = (0..<10).map { request(text(40, 1) + text(5, Int32($0)), 3) }
        // Of the three tokens chosen the last is not fed.
        #expect(try Answering(requests, machine, batch: batch).tokensFed == 40 + 10 * (5 + 2))
    }

    @Test(arguments: [1, 3, 16])
    func equalPromptsAreFedOnce(_ batch: Int) throws {
        let requests = (0..<6).map { _ in request(text(300, 1), 1) }
        #expect(try Answering(requests, machine, batch: batch).tokensFed == 299 + 6)
    }

    @Test func startsTooShortToMatterAreFedAnew() throws {
        let requests = (0..<4).map { request(text(15, 1) + [Int32($0)], 1) }
        #expect(try Answering(requests, machine, batch: 4).tokensFed == 4 * 16)
    }

    @Test func aPromptThatGoesOnFromAnAnswerFeedsOnlyWhatIsNew() throws {
        let first = request(text(30, 1), 5)
        let answer = try #require(try Answering([first], machine, batch: 1).answers[0])
        let second = request(answer.history + [3, 4], 2)
        let together = try Answering([first, second], machine, batch: 1)
        #expect(together.results == (try Answering.alone([first, second], machine)))
        // 30 and 4; of the second the last of the answer, which was not fed yet, two and one.
        #expect(together.tokensFed == 34 + 3 + 1)
    }

    @Test func savedStatesShareTooIfTheirTextIsKnown() throws {
        let saved = try #require(try Answering([request(text(20, 1), 1)], machine, batch: 1).answers[0])
        func goingOn(_ tokens: [Int32], past: [Int32]) -> Request {
            var request = Request(tokens: saved.history.suffix(1) + tokens, session: saved.session)
            (request.past, request.maxTokens) = (past, 1)
            return request
        }
        let known = [text(30, 2), text(30, 2) + [1], text(9, 2)].map { goingOn($0, past: saved.history.dropLast()) }
        let together = try Answering(known, machine, batch: 4)
        #expect(together.results == (try Answering.alone(known, machine)))
        #expect(together.tokensFed == 31 + 2 + 10)
        // A session of which nobody says what it has seen is left alone.
        let unknown = known.map { goingOn(Array($0.tokens.dropFirst()), past: []) } + [request(saved.history.suffix(1) + text(30, 2), 1)]
        let apart = try Answering(unknown, machine, batch: 4)
        #expect(apart.results == (try Answering.alone(unknown, machine)))
        #expect(apart.tokensFed == 31 + 32 + 10 + 31)
    }

    @Test func sessionsOfOneCacheAreNotThoseOfAnother() throws {
        var requests = (0..<4).map { request(text(40, 1) + [Int32($0)], 1) }
        for index in [1, 3] { requests[index].session = machine.graph.emptySession(cache: .int8) }
        #expect(try Answering(requests, machine, batch: 4).tokensFed == 2 * 41 + 41 + 1)
    }

    @Test func littleMemoryChangesNoAnswer() throws {
        var limits = PrefixTree.Limits()
        (limits.sessions, limits.bytes, limits.tokens) = (1, 0, 200)
        let requests = (0..<3).flatMap { _ in family(on: machine) }
        for batch in [1, 4, 20] {
            #expect(try Answering(requests, machine, batch: batch, limits: limits).results == Answering.alone(requests, machine))
        }
    }

    @Test func aLongPromptDoesNotHoldUpShortAnswers() throws {
        let long = request(text(1500, 1), 1), short = request([5], 4)
        #expect(try Answering([long, short], machine, batch: 2).order == [1, 0])
    }
}
