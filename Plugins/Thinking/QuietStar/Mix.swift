import Basis
import Models

/// y = (1 - w)·b + w·x for inputs [b; x] and w, for rows of one token: the end of a thought; y = x for all others (Zelikman et al. 2024,
/// "Quiet-STaR", section 4.2, with the weight on the thought's side and unbounded, as the original code has it).
struct Mix: Operation {
    static let name = "quiet-star.mix"
    let width: Int
    let token: Int

    init(width: Int, token: Int) { (self.width, self.token) = (width, token) }

    init(attributes: AttributeReader) throws {
        try attributes.only("width", "token")
        self.init(width: try attributes.size("width"), token: try attributes.integer("token", in: 0...Int(Int32.max)))
    }

    var attributes: JSONObject { ["width": .integer(width), "token": .integer(token)] }
    var readsTokens: Bool { true }

    func form(of inputs: [Form]) throws -> Form {
        guard inputs == [.floats(2 * width), .floats(1)] else { throw Failure("takes rows of \(2 * width) floats and rows of one") }
        return .floats(width)
    }

    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (pairs, weights, tokens) = (inputs[0], inputs[1], context.tokens)
        context.eachRow(of: output) { row in
            let (b, x, y, w) = (pairs[row], pairs[row] + width, output[row], weights[row][0])
            guard Int(tokens[row]) == token else { return y.update(from: x, count: width) }
            for index in 0..<width { y[index] = (1 - w) * b[index] + w * x[index] }
        }
    }

    /// db = (1 - w) dy, dx = w dy, dw = (x - b) · dy.
    func pull(_ pull: borrowing Pull) {
        let (g, pairs, weights, tokens) = (pull.outputGradient, pull.inputs[0], pull.inputs[1], pull.forest.tokens)
        let (pairGradients, weightGradients) = (pull.inputGradients[0], pull.inputGradients[1])
        pull.eachRow { row in
            let (g, b, x, w) = (g[row], pairs[row], pairs[row] + width, weights[row][0])
            let (db, dx) = (pairGradients[row], pairGradients[row] + width)
            guard Int(tokens[row]) == token else {
                for index in 0..<width { dx[index] += g[index] }
                return
            }
            var slope: Float = 0
            for index in 0..<width {
                db[index] += (1 - w) * g[index]
                dx[index] += w * g[index]
                slope += (x[index] - b[index]) * g[index]
            }
            weightGradients[row][0] += slope
        }
    }

    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        let (b, x, w) = (inputs[0][..<width], inputs[0][width...], inputs[1][0])
        guard token.id == self.token else { return Array(x) }
        return zip(b, x).map { (Number(1) - w) * $0 + w * $1 }
    }

    /// Of most tokens: nothing is mixed.
    func cost(_ inputs: [Form], past: Int) -> Cost { Cost() }
}
