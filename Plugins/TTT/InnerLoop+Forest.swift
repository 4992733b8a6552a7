import Models
import Tensors

// The inner loop where texts branch, and its adjoint.
extension InnerLoop {
    func grow(_ part: Range<Int>, of forest: Forest, _ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let needed = ancestors(of: part, forest), (weights, kernels) = (context.parameter.parts, context.kernels)
        context.threads.parallel(heads) { some in
            for head in some {
                let way = HeadForest(self, head: head, weights, forest, inputs, kernels)
                for row in 0..<part.upperBound where needed[row] { way.learn(row) }
                for row in part { way.answer(row, into: output[row] + head * model.width) }
            }
        }
    }

    /// Whether each row is one of `part`, or comes before one.
    private func ancestors(of part: Range<Int>, _ forest: Forest) -> [Bool] {
        var needed = forest.parents.indices.map(part.contains)
        for row in (0..<part.upperBound).reversed() where needed[row] && forest.parents[row] >= 0 {
            needed[Int(forest.parents[row])] = true
        }
        return needed
    }

    /// Heads share nothing but the scales of tokens, whose gradients are added up at the end.
    func pull(_ pull: borrowing Pull) {
        let (forest, inputs, above, below) = (pull.forest, pull.inputs, pull.outputGradient, pull.inputGradients)
        let (weights, gradients, kernels, rows) = (pull.parameter.parts, pull.weightGradients, pull.kernels, pull.count)
        withScratch(heads * rows) { scales in
            scales.update(repeating: 0, count: heads * rows)
            pull.threads.parallel(heads) { some in
                for head in some {
                    let way = HeadForest(self, head: head, weights, forest, inputs, kernels)
                    for row in 0..<rows { way.learn(row) }
                    for row in 0..<rows { way.ask(row) }
                    HeadAdjoint(way, above, below, gradients, scales: scales + head * rows).pull()
                }
            }
            for row in 0..<rows { for head in 0..<heads { below[4][row][0] += scales[head * rows + row] } }
        }
    }
}
