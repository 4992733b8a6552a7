import Basis
import Tensors

/// s = 127 / max(max|x|, 10⁻⁵), q = clamp(round(x·s), -128, 127): int8 activations with one scale a row
/// (Ma et al. 2024, "The Era of 1-bit LLMs", section 2; rounding is half to even).
public struct Quantise: Operation {
    public static let name = "quantise"

    public init() {}
    public init(attributes: AttributeReader) throws { try attributes.only() }
    public var attributes: JSONObject { [:] }

    public func form(of inputs: [Form]) throws -> Form { .quantised(try floatWidth(inputs)) }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, quantised, kernels) = (inputs[0], output.quantised, context.kernels)
        context.eachRow(of: output) { quantised.quantise(x[$0], row: $0, kernels: kernels) }
    }

    /// Straight through.
    public func pull(_ pull: borrowing Pull) {
        let (g, x, width) = (pull.outputGradient, pull.inputGradients[0], pull.output.width)
        pull.eachRow { Vectors.add(g[$0], to: x[$0], count: width) }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        var largest = Number(1e-5)
        for value in inputs[0] { largest = .maximum(largest, value.magnitude) }
        let scale = Number(127) / largest
        let inverse = Number(1) / scale
        return inputs[0].map { ($0 * scale).rounded * inverse }
    }

    /// Counts the product with the inverse scale, which a run leaves to the operation that reads the activations.
    public func cost(_ inputs: [Form], past: Int) -> Cost {
        let width = inputs[0].width
        return Cost(multiplications: 2 * width, divisions: 2, comparisons: 3 * width)
    }
}
