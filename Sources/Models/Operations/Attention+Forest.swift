import Glibc
import Tensors

/// Attention where texts branch: a row sees the rows on its way to the beginning of its text.
extension Attention {
    public func grow(_ part: Range<Int>, of forest: Forest, _ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        context.threads.parallel(part.count, grain: max(1, RunContext.grain / (heads * width))) { jobs in
            for row in jobs.lowerBound + part.lowerBound..<jobs.upperBound + part.lowerBound {
                let seen = rows(seenFrom: row, forest)
                withScratch(seen.count) { weights in
                    for head in 0..<heads {
                        self.weights(head, row, seen, inputs, into: weights)
                        let (o, start) = (output[row] + head * width, head / group * width)
                        o.update(repeating: 0, count: width)
                        for (index, other) in seen.enumerated() {
                            Vectors.add(inputs[2][other] + start, times: weights[index], to: o, count: width)
                        }
                    }
                }
            }
        }
    }

    /// With p = softmax(s) and ds = p ⊙ (dp - p·dp), dp = do·vᵀ: dq = ds k, dk = dsᵀ q, dv = pᵀ do, scores scaled. Keys and values are
    /// shared by the rows, but not by the heads of different groups.
    public func pull(_ pull: borrowing Pull) {
        let (inputs, gradients, g, forest) = (pull.inputs, pull.inputGradients, pull.outputGradient, pull.forest)
        pull.threads.parallel(keyValueHeads) { part in
            for row in 0..<g.count {
                let seen = rows(seenFrom: row, forest)
                for head in part.lowerBound * group..<part.upperBound * group { pullHead(head, row, seen, inputs, g[row], gradients) }
            }
        }
    }

    private func pullHead(_ head: Int, _ row: Int, _ seen: [Int], _ inputs: [Rows], _ g: UnsafePointer<Float>, _ gradients: [Rows]) {
        let (at, start) = (head * width, head / group * width)
        withScratch(2 * seen.count) { p in
            let dp = p + seen.count
            weights(head, row, seen, inputs, into: p)
            for (index, other) in seen.enumerated() {
                dp[index] = dot(g + at, inputs[2][other] + start)
                Vectors.add(g + at, times: p[index], to: gradients[2][other] + start, count: width)
            }
            let mean = Vectors.sum(seen.count) { p[$0] * dp[$0] }
            for (index, other) in seen.enumerated() {
                let ds = p[index] * (dp[index] - mean) * scale
                Vectors.add(inputs[1][other] + start, times: ds, to: gradients[0][row] + at, count: width)
                Vectors.add(inputs[0][row] + at, times: ds, to: gradients[1][other] + start, count: width)
            }
        }
    }

    /// softmax(q·kᵀ·scale) of one head and row over the rows that it sees.
    private func weights(_ head: Int, _ row: Int, _ seen: [Int], _ inputs: [Rows], into weights: UnsafeMutablePointer<Float>) {
        let (q, start) = (inputs[0][row] + head * width, head / group * width)
        var largest = -Float.infinity
        for (index, other) in seen.enumerated() {
            weights[index] = dot(q, inputs[1][other] + start) * scale
            largest = max(largest, weights[index])
        }
        for index in seen.indices { weights[index] = exp(weights[index] - largest) }
        let total = Vectors.sum(seen.count) { weights[$0] }
        for index in seen.indices { weights[index] /= total }
    }

    private func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float { Vectors.sum(width) { a[$0] * b[$0] } }

    /// The rows that `row` sees, itself last.
    private func rows(seenFrom row: Int, _ forest: Forest) -> [Int] {
        let path = forest.path(to: row)
        return window == 0 ? path : path.suffix(window)
    }
}
