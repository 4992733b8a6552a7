import Tensors

/// A token that may be chosen.
package struct Candidate {
    package let token: Int32
    package let logit: Float
    /// Its probability, up to a factor that all candidates have in common.
    package var weight: Float = 0
}

/// Finds the most likely tokens of a row of logits by the largest logit of each block, so that most logits are looked at only by the
/// kernel that finds those. Also the memory that samplers need; they share one and use it in turn.
package final class LogitRanking {
    private let kernels: Kernels
    private var maxima: [Float] = []
    private var penalised: [Float] = []
    private var weights: [Float] = []
    private var heap: [Float] = []

    package init(_ kernels: Kernels) { self.kernels = kernels }

    /// Calls `body` with a copy of the logits in which those of the given tokens are divided by `penalty` if positive, else multiplied.
    func withPenalty<Result>(
        _ penalty: Float, on tokens: Set<Int32>, _ logits: UnsafeBufferPointer<Float>, _ body: (UnsafeBufferPointer<Float>) -> Result
    ) -> Result {
        LogitRanking.fit(&penalised, logits.count)
        return penalised.withUnsafeMutableBufferPointer { copy in
            _ = copy.update(fromContentsOf: logits)
            for token in tokens where logits.indices.contains(Int(token)) {
                let logit = logits[Int(token)]
                copy[Int(token)] = logit > 0 ? logit / penalty : logit * penalty
            }
            return body(UnsafeBufferPointer(copy))
        }
    }

    private static func fit(_ memory: inout [Float], _ count: Int) {
        if memory.count != count { memory = [Float](repeating: 0, count: count) }
    }

    /// Looks at a row of logits. The largest of them, -infinity where none is a number; all else is asked about the same row.
    package func look(at logits: UnsafeBufferPointer<Float>) -> Float {
        let blocks = (logits.count + Kernels.maximaBlock - 1) / Kernels.maximaBlock
        LogitRanking.fit(&maxima, blocks)
        guard let start = logits.baseAddress else { return -.infinity }
        kernels.maxima(start, count: logits.count, into: &maxima)
        var largest = -Float.infinity
        for maximum in maxima where maximum > largest { largest = maximum }
        return largest
    }

    /// The first token with this logit, which is the largest; token 0 where none is a number.
    package func first(_ largest: Float, _ logits: UnsafeBufferPointer<Float>) -> Int32 {
        for block in maxima.indices where maxima[block] == largest {
            for index in indices(of: block, logits) where logits[index] == largest { return Int32(index) }
        }
        return 0
    }

    private func indices(of block: Int, _ logits: UnsafeBufferPointer<Float>) -> Range<Int> {
        block * Kernels.maximaBlock..<min(logits.count, (block + 1) * Kernels.maximaBlock)
    }

    /// The `count` most likely tokens or all that have a number, most likely first; equals by number, so that the order never depends on
    /// a sort. No weights yet.
    package func mostLikely(_ count: Int, _ logits: UnsafeBufferPointer<Float>) -> [Candidate] {
        var candidates = candidates(from: rank(count, of: maxima), logits)
        if candidates.count > count {
            let floor = rank(count, of: candidates.map(\.logit))
            candidates.removeAll { $0.logit < floor }
        }
        candidates.sort { $0.logit != $1.logit ? $0.logit > $1.logit : $0.token < $1.token }
        candidates.removeLast(max(0, candidates.count - count))
        return candidates
    }

    private func candidates(from floor: Float, _ logits: UnsafeBufferPointer<Float>) -> [Candidate] {
        var candidates: [Candidate] = []
        for block in maxima.indices where maxima[block] >= floor {
            for index in indices(of: block, logits) where logits[index] >= floor {
                candidates.append(Candidate(token: Int32(index), logit: logits[index]))
            }
        }
        return candidates
    }

    /// The `rank`-th largest number, by a heap of the largest ones so far; -infinity where there are fewer.
    private func rank(_ rank: Int, of numbers: [Float]) -> Float {
        guard rank <= numbers.count else { return -.infinity }
        heap.replaceSubrange(heap.indices, with: numbers[..<rank])
        heap.sort()
        for number in numbers[rank...] where number > heap[0] { LogitRanking.replaceLeast(of: &heap, with: number) }
        return heap[0]
    }

    private static func replaceLeast(of heap: inout [Float], with number: Float) {
        var at = 0
        while 2 * at + 1 < heap.count {
            let left = 2 * at + 1
            let child = left + 1 < heap.count && heap[left + 1] < heap[left] ? left + 1 : left
            guard heap[child] < number else { break }
            heap[at] = heap[child]
            at = child
        }
        heap[at] = number
    }

    /// Sets the weights of candidates, exp((logit - largest) * factor); returns their sum.
    func weigh(_ candidates: inout [Candidate], largest: Float, factor: Float) -> Double {
        var numbers = candidates.map(\.logit)
        let sum = numbers.withUnsafeMutableBufferPointer { numbers in
            guard let start = numbers.baseAddress else { return 0.0 }
            return kernels.exponentials(start, largest: largest, factor: factor, count: numbers.count, into: start)
        }
        for index in candidates.indices { candidates[index].weight = numbers[index] }
        return sum
    }

    /// The weight of every token, and their sum; NaN where a logit is.
    func weights(_ logits: UnsafeBufferPointer<Float>, largest: Float, factor: Float) -> (all: [Float], sum: Double) {
        LogitRanking.fit(&weights, logits.count)
        guard let start = logits.baseAddress else { return ([], 0) }
        let sum = kernels.exponentials(start, largest: largest, factor: factor, count: logits.count, into: &weights)
        return (weights, sum)
    }
}
