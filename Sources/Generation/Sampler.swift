import Tensors

/// Chooses tokens, one after the other, for one request.
///
/// The steps come in the order that Hugging Face's generate has: repetition penalty, temperature, top-k, top-p, min-p, then a draw.
package struct Sampler {
    private let options: SamplingOptions
    private let ranking: LogitRanking
    private var random: Random

    /// Samplers that are used in turn may share `ranking`.
    package init(_ options: SamplingOptions, _ ranking: LogitRanking) {
        (self.options, self.ranking) = (options, ranking)
        random = Random(seed: options.seed)
    }

    /// The next token; `seen` holds those of the prompt and of the answer so far.
    package mutating func next(_ logits: UnsafeBufferPointer<Float>, seen: Set<Int32>) -> Int32 {
        guard options.repetitionPenalty != 1 else { return choose(logits) }
        return ranking.withPenalty(Float(options.repetitionPenalty), on: seen, logits) { choose($0) }
    }

    private mutating func choose(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
        let largest = ranking.look(at: logits)
        // Logits that are no numbers leave nothing to draw from.
        guard options.temperature > 0, largest.isFinite else { return ranking.first(largest, logits) }
        // The largest logit times infinity would be NaN.
        let factor = Float(min(1 / options.temperature, Double(Float.greatestFiniteMagnitude)))
        if !hasTopK(logits), options.topP == 1 {
            let weights = ranking.weights(logits, largest: largest, factor: factor)
            if weights.sum.isFinite { return draw(weights.all, weights.sum) ?? ranking.first(largest, logits) }
        }
        var candidates = likely(logits, largest, factor)
        let floor = Float(options.minP) * candidates[0].weight
        candidates.removeAll { $0.weight < floor }
        return draw(candidates)
    }

    private func hasTopK(_ logits: UnsafeBufferPointer<Float>) -> Bool { options.topK > 0 && options.topK < logits.count }

    /// What top-k and top-p leave, most likely first; there is at least one token.
    private func likely(_ logits: UnsafeBufferPointer<Float>, _ largest: Float, _ factor: Float) -> [Candidate] {
        let all = hasTopK(logits) ? nil : ranking.weights(logits, largest: largest, factor: factor).sum
        var count = all == nil ? options.topK : 64
        while true {
            var candidates = ranking.mostLikely(count, logits)
            let sum = ranking.weigh(&candidates, largest: largest, factor: factor)
            let isAll = all == nil || candidates.count < count
            let enough = options.topP * (isAll ? sum : all ?? sum)
            if isAll || sum >= enough {
                cut(&candidates, toWeigh: enough)
                return candidates
            }
            count *= 4
        }
    }

    /// The fewest that weigh enough together (nucleus sampling).
    private func cut(_ candidates: inout [Candidate], toWeigh enough: Double) {
        guard options.topP < 1 else { return }
        var sum = 0.0, kept = 0
        while kept < candidates.count, sum < enough {
            sum += Double(candidates[kept].weight)
            kept += 1
        }
        candidates.removeLast(candidates.count - max(1, kept))
    }

    private mutating func draw(_ candidates: [Candidate]) -> Int32 {
        var rest = random.uniformDouble() * candidates.reduce(0) { $0 + Double($1.weight) }
        for candidate in candidates {
            rest -= Double(candidate.weight)
            if rest < 0 { return candidate.token }
        }
        return candidates[candidates.count - 1].token
    }

    /// Draws from all tokens; nil if rounding leaves none.
    private mutating func draw(_ weights: [Float], _ sum: Double) -> Int32? {
        // The most likely token weighs 1.
        let floor = Float(options.minP)
        var rest = random.uniformDouble() * (floor > 0 ? weights.reduce(0) { $1 >= floor ? $0 + Double($1) : $0 } : sum)
        for (token, weight) in weights.enumerated() where weight >= floor {
            rest -= Double(weight)
            if rest < 0 { return Int32(token) }
        }
        return nil
    }
}
