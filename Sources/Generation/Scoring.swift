import Basis
import Glibc
import Models

/// log p(token t | tokens before t), natural logarithm, for each token of each text but its first. The texts go through the model together.
public func logProbabilities(of texts: [[Int32]], _ machine: Machine, from session: Session) throws -> [[Double]] {
    for tokens in texts {
        try machine.check(tokens)
        guard let stranger = tokens.dropFirst().first(where: { $0 >= machine.graph.outputWidth }) else { continue }
        throw Failure("token \(stranger) is not among the \(machine.graph.outputWidth) that the model answers with")
    }
    var result = [[Double]](repeating: [], count: texts.count)
    var feeds = texts.map { Machine.Feed(session, $0.dropLast(), wanted: .all) }
    try machine.run(&feeds) { feed, position, logits in
        result[feed].append(logSoftmax(logits, at: Int(texts[feed][position + 1])))
    }
    return result
}

/// x_i - log Σ exp(x_j), in doubles.
func logSoftmax(_ logits: UnsafeBufferPointer<Float>, at index: Int) -> Double {
    let largest = Double(logits.max() ?? 0)
    var sum = 0.0
    for logit in logits { sum += exp(Double(logit) - largest) }
    return Double(logits[index]) - largest - log(sum)
}
