import Glibc
import Tensors

/// Chooses tokens, one after the other, for one request.
///
/// The steps come in the order that Hugging Face's generate has: repetition penalty, temperature, top-k, top-p, min-p, then a draw.
package struct Sampler {
    private let options: SamplingOptions
    private var random: Random

    package init(_ options: SamplingOptions) {
        self.options = options
        random = Random(seed: options.seed)
    }

    /// The next token; `seen` holds those of the prompt and of the answer so far.
    package mutating func next(_ logits: UnsafeBufferPointer<Float>, seen: Set<Int32>) -> Int32 {
        guard options.repetitionPenalty != 1 else { return choose(logits) }
        var penalised = Array(logits)
        for token in seen where logits.indices.contains(Int(token)) {
            let logit = penalised[Int(token)], penalty = Float(options.repetitionPenalty)
            penalised[Int(token)] = logit > 0 ? logit / penalty : logit * penalty
        }
        return penalised.withUnsafeBufferPointer { choose($0) }
    }

    private mutating func choose(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
        if options.temperature == 0 { return Sampler.mostLikely(logits) }
        var candidates = mostLikelyCandidates(logits)
        // Logits that are no numbers leave nothing to draw from.
        guard !candidates.isEmpty else { return Sampler.mostLikely(logits) }
        weigh(&candidates)
        cutToNucleus(&candidates)
        let floor = options.minP * candidates[0].weight
        candidates.removeAll { $0.weight < floor }
        return draw(candidates)
    }

    static func mostLikely(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
        var best = 0
        for index in logits.indices where logits[index] > logits[best] { best = index }
        return Int32(best)
    }

    private struct Candidate {
        let token: Int32
        let logit: Float
        var weight = 0.0
    }

    /// The `topK` most likely tokens, or all, most likely first; equals by id, so that the order never depends on a sort.
    private func mostLikelyCandidates(_ logits: UnsafeBufferPointer<Float>) -> [Candidate] {
        let floor = options.topK > 0 && options.topK < logits.count ? Sampler.largest(options.topK, of: logits) : -.infinity
        var candidates = logits.indices.filter { logits[$0] >= floor }.map { Candidate(token: Int32($0), logit: logits[$0]) }
        candidates.sort { $0.logit != $1.logit ? $0.logit > $1.logit : $0.token < $1.token }
        if options.topK > 0 { candidates.removeLast(max(0, candidates.count - options.topK)) }
        return candidates
    }

    /// The `rank`-th largest logit, by a heap of the largest ones so far.
    private static func largest(_ rank: Int, of logits: UnsafeBufferPointer<Float>) -> Float {
        var heap = Array(logits.prefix(rank)).sorted()
        for index in logits.indices.dropFirst(rank) where logits[index] > heap[0] {
            var at = 0
            while true {
                let left = 2 * at + 1
                guard left < rank else { break }
                let child = left + 1 < rank && heap[left + 1] < heap[left] ? left + 1 : left
                guard heap[child] < logits[index] else { break }
                heap[at] = heap[child]
                at = child
            }
            heap[at] = logits[index]
        }
        return heap[0]
    }

    /// Probabilities up to a factor: exp((logit - largest) / temperature).
    private func weigh(_ candidates: inout [Candidate]) {
        let largest = Double(candidates[0].logit)
        for index in candidates.indices {
            candidates[index].weight = exp((Double(candidates[index].logit) - largest) / options.temperature)
        }
    }

    private func cutToNucleus(_ candidates: inout [Candidate]) {
        guard options.topP < 1 else { return }
        let enough = options.topP * candidates.reduce(0) { $0 + $1.weight }
        var sum = 0.0, kept = 0
        while kept < candidates.count, sum < enough {
            sum += candidates[kept].weight
            kept += 1
        }
        candidates.removeLast(candidates.count - max(1, kept))
    }

    private mutating func draw(_ candidates: [Candidate]) -> Int32 {
        var rest = random.uniformDouble() * candidates.reduce(0) { $0 + $1.weight }
        for candidate in candidates {
            rest -= candidate.weight
            if rest < 0 { return candidate.token }
        }
        return candidates[candidates.count - 1].token
    }
}
