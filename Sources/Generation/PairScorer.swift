import Basis
import Models

/// What two models say of a token of a text before they read it.
public struct PairScore: Hashable, Sendable {
    public let reference: TokenScore
    public let model: TokenScore
    /// KL(reference || model) of their distributions of this token, in nats.
    public let divergence: Double

    /// Whether both hold the same token for the likeliest.
    public var agrees: Bool { reference.likeliest == model.likeliest }
}

/// Scores the tokens of texts by two models that have the same tokens, and says how far the second one's distributions are from the
/// first one's. What is scored together changes no score.
public struct PairScorer {
    /// A model in memory, and where texts begin.
    public typealias Side = (machine: Machine, session: Session)

    private let reference: Side
    private let model: Side
    private let ranking: LogitRanking

    public init(reference: Side, model: Side) throws {
        let widths = (reference.machine.graph.outputWidth, model.machine.graph.outputWidth)
        guard widths.0 == widths.1 else {
            throw Failure("the reference answers with \(widths.0) tokens and the model with \(widths.1)")
        }
        (self.reference, self.model) = (reference, model)
        ranking = LogitRanking(model.machine.kernels)
    }

    /// For each text, the scores of its tokens from its start on. Both models read the texts side by side, stretch by stretch, so that
    /// no more logits are in memory than those of a pass.
    public func scores(of texts: [ScoredText]) throws -> [[PairScore]] {
        var scores = [[PairScore]](repeating: [], count: texts.count), states = texts.map { _ in (reference.session, model.session) }
        let longest = texts.map(\.tokens.count).max() ?? 0, stretch = max(1, Machine.rowLimit / max(1, texts.count))
        for start in stride(from: 0, to: longest - 1, by: stretch) {
            let going = texts.indices.filter { start < texts[$0].tokens.count - 1 }
            try read(start..<start + stretch, of: texts, going, &states) { scores[$0].append($1) }
        }
        return scores
    }

    private func read(
        _ range: Range<Int>, of texts: [ScoredText], _ going: [Int], _ states: inout [(Session, Session)],
        _ take: (_ text: Int, PairScore) -> Void
    ) throws {
        var kept: [[Float]] = [], next = 0
        var feeds = going.map { feed(range, of: texts[$0], states[$0].0) }, others = going.map { feed(range, of: texts[$0], states[$0].1) }
        // Held in one place only, so that their states are not copied.
        for text in going { states[text] = (.none, .none) }
        try reference.machine.run(&feeds) { _, _, logits in kept.append(Array(logits)) }
        try model.machine.run(&others) { index, position, logits in
            let text = going[index], token = texts[text].tokens[range.lowerBound + position + 1]
            take(text, kept[next].withUnsafeBufferPointer { score(of: token, $0, logits) })
            kept[next] = []
            next += 1
        }
        for (index, text) in going.enumerated() { states[text] = (feeds[index].session, others[index].session) }
    }

    private func feed(_ range: Range<Int>, of text: ScoredText, _ session: Session) -> Machine.Feed {
        let end = min(range.upperBound, text.tokens.count - 1)
        return Machine.Feed(
            session, text.tokens[range.lowerBound..<end], wanted: .suffix(max(0, end - max(range.lowerBound, text.start - 1))))
    }

    private func score(
        of token: Int32, _ reference: UnsafeBufferPointer<Float>, _ model: UnsafeBufferPointer<Float>
    ) -> PairScore {
        let (expected, found) = (LogSoftmax(reference, ranking), LogSoftmax(model, ranking))
        return PairScore(reference: expected.score(of: token), model: found.score(of: token), divergence: expected.divergence(of: found))
    }
}
