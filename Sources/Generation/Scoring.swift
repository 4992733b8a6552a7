import Basis
import Glibc
import Models

/// log p(token t | tokens before t), natural logarithm, for each token of each text but its first. The texts go through the model together.
public func logProbabilities(of texts: [[Int32]], _ machine: Machine, from session: Session) throws -> [[Double]] {
    try check(texts, machine)
    var result = [[Double]](repeating: [], count: texts.count)
    var feeds = texts.map { Machine.Feed(session, $0.dropLast(), wanted: .all) }
    try machine.run(&feeds) { feed, position, logits in
        result[feed].append(logSoftmax(logits, at: Int(texts[feed][position + 1])))
    }
    return result
}

/// The same where the model thinks before each token but the first of a text.
public func logProbabilities(
    of texts: [[Int32]], _ machine: Machine, from session: Session, thinking thinker: Thinker, seed: UInt64 = 0
) throws -> [[Double]] {
    try check(texts, machine)
    var result = [[Double]](repeating: [], count: texts.count), sessions = [Session](repeating: session, count: texts.count)
    for position in 0..<max(0, (texts.map(\.count).max() ?? 0) - 1) {
        let going = texts.indices.filter { position + 1 < texts[$0].count }
        var feeds = going.map { Machine.Feed(sessions[$0], [texts[$0][position]], wanted: .none) }
        for text in going { sessions[text] = .none }
        try machine.run(&feeds) { _, _, _ in }
        for (text, feed) in zip(going, feeds) { sessions[text] = feed.session }
        let seeds = going.map { _ in seed &+ UInt64(position + 1) &* 0x9e37_79b9_7f4a_7c15 }
        try thinker.think(going.map { sessions[$0] }, seeds: seeds, machine) { index, logits, _ in
            result[going[index]].append(logSoftmax(logits, at: Int(texts[going[index]][position + 1])))
        }
    }
    return result
}

private func check(_ texts: [[Int32]], _ machine: Machine) throws {
    for tokens in texts {
        try machine.check(tokens)
        guard let stranger = tokens.dropFirst().first(where: { $0 >= machine.graph.outputWidth }) else { continue }
        throw Failure("token \(stranger) is not among the \(machine.graph.outputWidth) that the model answers with")
    }
}

/// x_i - log Σ exp(x_j), in doubles.
func logSoftmax(_ logits: UnsafeBufferPointer<Float>, at index: Int) -> Double {
    let largest = Double(logits.max() ?? 0)
    var sum = 0.0
    for logit in logits { sum += exp(Double(logit) - largest) }
    return Double(logits[index]) - largest - log(sum)
}
