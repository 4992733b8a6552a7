import Basis
import Models

/// y_n = σ(w_n·h + b_n) for each head n: what part of the learning rate it takes from a token (Sun et al. 2024, section 2.7, on a learnable
/// η).
struct LearningRate: Operation {
    static let name = "ttt.learning-rate"
    let scope: String
    let heads: Int
    let width: Int

    /// `scope` is what the names of its tensors begin with.
    init(scope: String, heads: Int, width: Int) { (self.scope, self.heads, self.width) = (scope, heads, width) }

    init(attributes: AttributeReader) throws {
        try attributes.only("scope", "heads", "width")
        self.init(scope: try attributes.string("scope"), heads: try attributes.size("heads"), width: try attributes.size("width"))
        guard heads <= InnerLoop.headLimit else { throw Failure("\(heads) heads are too many") }
    }

    var attributes: JSONObject { ["scope": .string(scope), "heads": .integer(heads), "width": .integer(width)] }

    var weights: [Weight] {
        [
            Weight("\(scope)learnable_ttt_lr_weight", shape: [heads, 1, width], kind: .dense),
            Weight("\(scope)learnable_ttt_lr_bias", shape: [heads, 1], kind: .dense),
        ]
    }

    func form(of inputs: [Form]) throws -> Form {
        guard inputs == [.floats(width)] else { throw Failure("takes one input of \(width) floats, has \(inputs)") }
        return .floats(heads)
    }

    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (h, w, b, kernels) = (inputs[0], context.parameter.parts[0], context.parameter.parts[1], context.kernels)
        context.eachRow(of: output) { row in
            let y = output[row]
            for head in 0..<heads { y[head] = Vectors.dot(w + head * width, h[row], count: width) + b[head] }
            kernels.sigmoid(y, width: heads, into: y)
        }
    }

    /// With s = y(1 - y) dy: dh = Σ s_n w_n, dw_n = Σ s_n h and db_n = Σ s_n over the rows.
    func pull(_ pull: borrowing Pull) {
        let (g, y, h, gradient, w) = (pull.outputGradient, pull.output, pull.inputs[0], pull.inputGradients[0], pull.parameter.parts[0])
        func slope(_ row: Int, _ head: Int) -> Float { g[row][head] * y[row][head] * (1 - y[row][head]) }
        pull.eachRow { row in
            for head in 0..<heads { Vectors.add(w + head * width, times: slope(row, head), to: gradient[row], count: width) }
        }
        let (weight, bias, rows) = (pull.weightGradients[0], pull.weightGradients[1], pull.count)
        pull.threads.parallel(heads) { part in
            for head in part {
                for row in 0..<rows {
                    Vectors.add(h[row], times: slope(row, head), to: weight + head * width, count: width)
                    bias[head] += slope(row, head)
                }
            }
        }
    }

    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        (0..<heads).map { head in
            var sum = weight.parts[1][head]
            for index in 0..<width { sum = sum + weight.parts[0][head * width + index] * inputs[0][index] }
            return Number(1) / (Number(1) + (Number(0) - sum).exponential)
        }
    }

    func cost(_ inputs: [Form], past: Int) -> Cost {
        heads * Cost(additions: width + 2, multiplications: width, divisions: 1, exponentials: 1)
    }
}
