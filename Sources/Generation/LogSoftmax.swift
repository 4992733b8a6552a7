import Glibc

/// log softmax of a row of logits, in doubles: x_i - log Σ exp(x_j).
struct LogSoftmax {
    private let logits: UnsafeBufferPointer<Float>
    private let shift: Double
    /// The lowest id among those of the largest logit.
    let likeliest: Int32

    /// Valid as long as the logits are.
    init(_ logits: UnsafeBufferPointer<Float>, _ ranking: LogitRanking) {
        let top = ranking.look(at: logits), largest = Double(top)
        var sum = 0.0
        for logit in logits { sum += exp(Double(logit) - largest) }
        (self.logits, shift, likeliest) = (logits, largest + log(sum), ranking.first(top, logits))
    }

    subscript(token: Int) -> Double { Double(logits[token]) - shift }

    func score(of token: Int32, thought: [Int32] = []) -> TokenScore {
        TokenScore(logProbability: self[Int(token)], likeliest: likeliest, thought: thought)
    }

    /// KL(p || q) = Σ p_i (log p_i - log q_i), in nats, of this distribution p from another of as many tokens (Kullback and Leibler 1951,
    /// "On Information and Sufficiency").
    func divergence(of other: LogSoftmax) -> Double {
        logits.indices.reduce(0) { sum, token in
            let own = self[token], probability = exp(own)
            return probability > 0 ? sum + probability * (own - other[token]) : sum
        }
    }
}
