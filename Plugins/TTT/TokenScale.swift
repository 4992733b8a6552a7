import Basis
import Models

/// y = max(0, 1/(i + 1) + offset_i) for the token that is i-th of its mini-batch: what part of the step that its mini-batch has made so far
/// a token sees (`learnable_token_idx` of the original; the first term makes a mean of the gradients' sum).
struct TokenScale: Operation {
    static let name = "ttt.token-scale"
    let offsets: Weight

    private var period: Int { offsets.columns }

    init(offsets name: String, period: Int) { offsets = Weight(name, shape: [period], kind: .dense) }

    init(attributes: AttributeReader) throws {
        try attributes.only("offsets", "period")
        self.init(offsets: try attributes.string("offsets"), period: try attributes.integer("period", in: 1...InnerLoop.miniBatchLimit))
    }

    var attributes: JSONObject { ["offsets": .string(offsets.name), "period": .integer(period)] }
    var weight: Weight? { offsets }
    var readsTokens: Bool { true }

    func form(of inputs: [Form]) throws -> Form {
        guard inputs.isEmpty else { throw Failure("takes no input, has \(inputs.count)") }
        return .floats(1)
    }

    private func scale(_ place: Int, _ offsets: UnsafePointer<Float>) -> Float { max(0, 1 / Float(place + 1) + offsets[place]) }

    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        for segment in context.segments {
            for (index, row) in segment.rows.enumerated() {
                output[row][0] = scale((segment.position + index) % period, context.parameter.floats)
            }
        }
    }

    /// Nothing where the scale is cut off at 0.
    func pull(_ pull: borrowing Pull) {
        guard let gradient = pull.weightGradient else { return }
        for (row, position) in pull.forest.positions.enumerated() where pull.output[row][0] > 0 {
            gradient[Int(position) % period] += pull.outputGradient[row][0]
        }
    }

    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        let place = token.position % period
        return [.maximum(Number(0), Number(1) / Number(Double(place + 1)) + weight[place])]
    }

    func cost(_ inputs: [Form], past: Int) -> Cost { Cost(additions: 1, divisions: 1, comparisons: 1) }
}
