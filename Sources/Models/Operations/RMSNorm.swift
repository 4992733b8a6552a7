import Basis
import Tensors

/// y = x / sqrt(mean(x²) + ε) · gain (Zhang and Sennrich 2019, equation 4, with the ε that every implementation adds).
public struct RMSNorm: Operation {
    public static let name = "rms-norm"
    let gain: Weight
    package let epsilon: Float

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

    /// With r = 1 / sqrt(mean(x²) + ε): dx = r·(g·dy - x·r²·mean(x·g·dy)), dg = Σ dy·x·r over the rows.
    public func pull(_ pull: borrowing Pull) {
        guard let gain = pull.latent, let gainGradient = pull.weightGradient else { return }
        let (g, x, gradient, width, count) = (
            pull.outputGradient, pull.inputs[0], pull.inputGradients[0], pull.inputs[0].width, pull.count)
        withScratch(count) { scales in
            pull.eachRow { row in
                scales[row] = scale(x[row], width)
                pullRow(g[row], x[row], gain, scale: scales[row], to: gradient[row], width)
            }
            pull.eachColumns(width) { part in
                for row in 0..<count {
                    let (g, x, scale) = (g[row], x[row], scales[row])
                    for index in part { gainGradient[index] += g[index] * x[index] * scale }
                }
            }
        }
    }

    /// 1 / sqrt(mean(x²) + ε).
    func scale(_ x: UnsafePointer<Float>, _ width: Int) -> Float {
        1 / (Vectors.sum(width) { x[$0] * x[$0] } / Float(width) + epsilon).squareRoot()
    }

    func pullRow(
        _ g: UnsafePointer<Float>, _ x: UnsafePointer<Float>, _ gain: UnsafePointer<Float>, scale: Float,
        to gradient: UnsafeMutablePointer<Float>, _ width: Int
    ) {
        let along = Vectors.sum(width) { x[$0] * (gain[$0] * g[$0]) } * scale * scale / Float(width)
        for index in 0..<width { gradient[index] += scale * (gain[index] * g[index] - x[index] * along) }
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
