import Glibc
import Models

/// log p(token t | tokens before t), natural logarithm, for each token but the first.
public func logProbabilities(of tokens: [Int32], _ machine: Machine, from session: Session) throws -> [Double] {
    guard !tokens.isEmpty else { return [] }
    try machine.check(tokens)
    var result: [Double] = []
    var feeds = [Machine.Feed(session, tokens.dropLast(), wanted: .all)]
    try machine.run(&feeds) { _, position, logits in
        result.append(logSoftmax(logits, at: Int(tokens[position + 1])))
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
