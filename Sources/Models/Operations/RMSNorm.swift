import Basis
import Tensors

/// y = x / sqrt(mean(x²) + ε) · gain (Zhang and Sennrich 2019, equation 4, with the ε that every implementation adds).
public struct RMSNorm: Operation {
    public static let name = "rms-norm"
    let gain: Weight
    let epsilon: Float

    public init(gain: Weight, epsilon: Float) { (self.gain, self.epsilon) = (gain, epsilon) }

    public init(attributes: AttributeReader) throws {
        try attributes.only("gain", "width", "epsilon")
        let gain = Weight(try attributes.string("gain"), shape: [try attributes.size("width")], kind: .dense)
        self.init(gain: gain, epsilon: try attributes.float("epsilon"))
    }

    public var attributes: JSONObject {
        ["gain": .string(gain.name), "width": .integer(gain.columns), "epsilon": JSON(epsilon)]
    }

    public var weight: Weight? { gain }

    public func form(of inputs: [Form]) throws -> Form {
        let width = try floatWidth(inputs)
        try check(gain, columns: width)
        return .floats(width)
    }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, gain, kernels) = (inputs[0], context.parameter.floats, context.kernels)
        context.eachRow(of: output) { kernels.rmsNorm(x[$0], gain: gain, epsilon: epsilon, width: x.width, into: output[$0]) }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        let x = inputs[0]
        var squares = Number(0)
        for value in x { squares = squares + value * value }
        let scale = Number(1) / (squares / Number(Double(x.count)) + Number(Double(epsilon))).squareRoot
        return x.indices.map { x[$0] * scale * weight[$0] }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        let width = gain.columns
        return Cost(additions: width + 1, multiplications: 3 * width, divisions: 2, squareRoots: 1)
    }
}
