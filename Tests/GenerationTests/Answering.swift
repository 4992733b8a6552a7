import Basis
import Catalog
import Models
import Support

import Generation

/// A graph for each small configuration of each family, with as large a vocabulary as given.
func smallGraphs(vocabulary: Int? = nil) throws -> [Graph] {
    try Catalog.families.flatMap { family in
        try (smallConfigurations[family.name] ?? []).compactMap(\.objectValue).map { configuration in
            var configuration = configuration
            if let vocabulary { configuration["vocab_size"] = .integer(vocabulary) }
            return try family.graph(configuration: .object(configuration))
        }
    }
}

/// What a scheduler makes of requests that are all there from the start, or of which each fourth is late.
struct Answering {
    var answers: [Int: Answer] = [:]
    /// In the order in which they came.
    var order: [Int] = []
    var tokensFed = 0

    init(
        _ requests: [Request], _ machine: Machine, batch: Int, endOfText: Set<Int32> = [], late: Bool = false,
        limits: PrefixTree.Limits = PrefixTree.Limits()
    ) throws {
        let scheduler = Scheduler(machine, tokenizer: nil, endOfText: endOfText, batch: batch, limits: limits)
        var waiting = requests[...], found: [Int: Answer] = [:], order: [Int] = []
        let events = Scheduler.Events(text: { _, _ in }, answer: {
            found[$0] = $1
            order.append($0)
        })
        try scheduler.run({ mayWait in
            if late, !mayWait, waiting.count % 4 == 1 { return .nothingYet }
            return waiting.popFirst().map { .request($0) } ?? .end
        }, events)
        (answers, self.order, tokensFed) = (found, order, scheduler.tokensFed)
    }

    /// Each request answered by a scheduler of its own.
    static func alone(_ requests: [Request], _ machine: Machine, endOfText: Set<Int32> = []) throws -> [Result] {
        try requests.map { request in
            var plain = request
            plain.draftTokens = 0
            return try Answering([plain], machine, batch: 1, endOfText: endOfText).results.first ?? Result()
        }
    }

    /// What must not depend on how it was made.
    struct Result: Equatable {
        var tokens: [Int32] = []
        var history: [Int32] = []
        var finish: Answer.Finish?
        var states: [[UInt8]] = []
        var position = -1
    }

    var results: [Result] {
        answers.sorted { $0.key < $1.key }.map(\.value).map {
            Result(tokens: $0.tokens, history: $0.history, finish: $0.finish, states: $0.session.states, position: $0.session.position)
        }
    }
}
