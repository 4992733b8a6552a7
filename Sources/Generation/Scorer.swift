import Basis
import Models

/// A text of which the tokens from a place on are scored, each by what comes before it.
public struct ScoredText: Hashable, Sendable {
    public let tokens: [Int32]
    /// 1 or more, for nothing comes before a text's first token.
    public let start: Int
    /// What draws of thoughts begin with.
    public let seed: UInt64

    public init(_ tokens: [Int32], from start: Int = 1, seed: UInt64 = 0) {
        (self.tokens, self.start, self.seed) = (tokens, max(1, start), seed)
    }

    /// How many tokens are scored.
    public var count: Int { max(0, tokens.count - start) }
}

/// What a model says of a token of a text before it reads it.
public struct TokenScore: Hashable, Sendable {
    /// log p(token | tokens before it), natural logarithm.
    public let logProbability: Double
    /// The token that a greedy answer would have here, the lowest id among equals.
    public let likeliest: Int32
    /// What was thought before it.
    public let thought: [Int32]
}

/// Scores the tokens of texts, and does so in several ways at once: with and without thoughts of some length before each of them.
///
/// A thought never changes what the model remembers of the text, so the text itself is read once for all ways. What is scored together
/// changes no score.
public struct Scorer {
    let machine: Machine
    let session: Session
    let ways: [Thinker?]
    private let ranking: LogitRanking

    /// `ways` are how to think before each token, nil is not to think. Texts begin where `session` is.
    public init(_ machine: Machine, from session: Session, ways: [Thinker?] = [nil]) {
        (self.machine, self.session, self.ways) = (machine, session, ways)
        ranking = LogitRanking(machine.kernels)
    }

    /// Whether it thinks in any way.
    var thinks: Bool { ways.contains { $0 != nil } }

    /// For each way, for each text, the scores of its tokens from its start on.
    public func scores(of texts: [ScoredText]) throws -> [[[TokenScore]]] {
        for text in texts { try check(text) }
        return try thinks ? scoresStepByStep(texts) : ways.map { _ in try scoresAtOnce(texts) }
    }

    /// Refuses a text that the model cannot read or answer with.
    public func check(_ text: ScoredText) throws {
        try machine.check(text.tokens)
        guard let stranger = text.tokens.dropFirst(text.start).first(where: { $0 >= machine.graph.outputWidth }) else { return }
        throw Failure("token \(stranger) is not among the \(machine.graph.outputWidth) that the model answers with")
    }

    private func scoresAtOnce(_ texts: [ScoredText]) throws -> [[TokenScore]] {
        var scores = [[TokenScore]](repeating: [], count: texts.count)
        var feeds = texts.map { Machine.Feed(session, $0.tokens.dropLast(), wanted: .suffix($0.count)) }
        try machine.run(&feeds) { text, position, logits in
            scores[text].append(score(of: texts[text].tokens[position + 1], logits, thought: []))
        }
        return scores
    }

    /// Reads the texts side by side, from scored token to scored token.
    private func scoresStepByStep(_ texts: [ScoredText]) throws -> [[[TokenScore]]] {
        var scores = ways.map { _ in [[TokenScore]](repeating: [], count: texts.count) }
        var sessions = [Session](repeating: session, count: texts.count)
        for step in 0..<(texts.map(\.count).max() ?? 0) {
            let going = texts.indices.filter { step < texts[$0].count }
            try read(step, of: texts, going, &sessions) { text, way, logits in
                scores[way][text].append(score(of: texts[text].tokens[texts[text].start + step], logits, thought: []))
            }
            for (way, thinker) in ways.enumerated() {
                guard let thinker else { continue }
                let seeds = going.map { Thinker.seed(texts[$0].seed, after: sessions[$0].position) }
                try thinker.think(going.map { sessions[$0] }, seeds: seeds, machine) { index, logits, thought in
                    let text = texts[going[index]]
                    scores[way][going[index]].append(score(of: text.tokens[text.start + step], logits, thought: thought))
                }
            }
        }
        return scores
    }

    /// Reads what comes before a scored token and was not read yet. Calls `take` with the logits for each way that does not think.
    private func read(
        _ step: Int, of texts: [ScoredText], _ going: [Int], _ sessions: inout [Session],
        _ take: (_ text: Int, _ way: Int, UnsafeBufferPointer<Float>) -> Void
    ) throws {
        let plain = ways.indices.filter { ways[$0] == nil }
        var feeds = going.map { index in
            let end = texts[index].start + step, tokens = texts[index].tokens[(step == 0 ? 0 : end - 1)..<end]
            return Machine.Feed(sessions[index], tokens, wanted: plain.isEmpty ? .none : .last)
        }
        // Held in one place only, so that their states are not copied.
        for text in going { sessions[text] = .none }
        try machine.run(&feeds) { feed, _, logits in for way in plain { take(going[feed], way, logits) } }
        for (text, feed) in zip(going, feeds) { sessions[text] = feed.session }
    }

    func score(of token: Int32, _ logits: UnsafeBufferPointer<Float>, thought: [Int32]) -> TokenScore {
        LogSoftmax(logits, ranking).score(of: token, thought: thought)
    }
}
