import Glibc

/// How good answers are that are drawn from logits.
package enum DrawnAnswers {
    /// The probability of each temperature that logits give an answer.
    package static func probabilities(of answer: Int, _ logits: some Collection<Double>) -> [Double] {
        let largest = logits.max() ?? 0, own = logits[logits.index(logits.startIndex, offsetBy: answer)] - largest
        return TranscendPlan.temperatures.map { temperature in
            let total = logits.reduce(0) { $0 + exp(($1 - largest) / temperature) }
            return exp(own / temperature) / total
        }
    }

    /// Whether most votes are for an answer; a tie is won as often as lot decides.
    package static func plurality(of answer: Int, _ votes: [Int]) -> Double {
        var counts: [Int: Int] = [:]
        for vote in votes { counts[vote, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        return counts[answer] == most ? 1 / Double(counts.values.count { $0 == most }) : 0
    }

    package static func softmax(_ logits: [Double]) -> [Double] {
        let largest = logits.max() ?? 0, powers = logits.map { exp($0 - largest) }, total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }
}
