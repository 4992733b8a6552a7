import Basis
import Models

/// y = x, but for one token, whose rows are scale · E[0]: a start or an end of thought has an embedding of its own. The scale makes each
/// step of an optimiser like Adam so much larger, which a factor on the gradient would not (Zelikman et al. 2024, "Quiet-STaR", section
/// 4.3; the original code has embeddings of two rows and uses the first).
struct Boundary: Operation {
    static let name = "quiet-star.boundary"
    let embedding: Weight
    let token: Int
    let scale: Float

    init(_ embedding: Weight, token: Int, scale: Float) { (self.embedding, self.token, self.scale) = (embedding, token, scale) }

    init(attributes: AttributeReader) throws {
        try attributes.only("embedding", "width", "token", "scale")
        self.init(
            Weight(try attributes.string("embedding"), shape: [2, try attributes.size("width")], kind: .dense),
            token: try attributes.integer("token", in: 0...Int(Int32.max)), scale: try attributes.float("scale"))
    }

    var attributes: JSONObject {
        [
            "embedding": .string(embedding.name), "width": .integer(embedding.columns), "token": .integer(token),
            "scale": .number(Double(scale)),
        ]
    }

    var weight: Weight? { embedding }
    var readsTokens: Bool { true }

    func form(of inputs: [Form]) throws -> Form {
        guard inputs == [.floats(embedding.columns)] else { throw Failure("takes rows of \(embedding.columns) floats") }
        return inputs[0]
    }

    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, tokens, width, embedding) = (inputs[0], context.tokens, output.width, context.parameter.floats)
        context.eachRow(of: output) { row in
            guard tokens[row] == token else { return output[row].update(from: x[row], count: width) }
            for index in 0..<width { output[row][index] = scale * embedding[index] }
        }
    }

    func pull(_ pull: borrowing Pull) {
        let (g, x, tokens, width) = (pull.outputGradient, pull.inputGradients[0], pull.forest.tokens, pull.output.width)
        guard let embedding = pull.weightGradient else { return }
        pull.eachColumns(width) { columns in
            for row in tokens.indices {
                let isBoundary = Int(tokens[row]) == token, target = isBoundary ? embedding : x[row], factor = isBoundary ? scale : 1
                for index in columns { target[index] += factor * g[row][index] }
            }
        }
    }

    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        guard token.id == self.token else { return inputs[0] }
        return inputs[0].indices.map { Number(Double(scale)) * weight[0, $0] }
    }

    func cost(_ inputs: [Form], past: Int) -> Cost { Cost() }
}
