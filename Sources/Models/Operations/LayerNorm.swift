import Basis
import Tensors

/// y = (x - μ) / sqrt(mean((x - μ)²) + ε) · gain, μ = mean(x) (Ba et al. 2016, equation 4, without its bias, which is `Bias`).
public struct LayerNorm: Operation {
    public static let name = "layer-norm"
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
        let (x, gain, width) = (inputs[0], context.parameter.floats, output.width)
        context.eachRow(of: output) { row in
            let y = output[row]
            _ = LayerNorm.standardise(x[row], width: width, epsilon: epsilon, into: y)
            for index in 0..<width { y[index] *= gain[index] }
        }
    }

    /// Writes (x - μ) / sqrt(mean((x - μ)²) + ε) and returns 1 / sqrt(mean((x - μ)²) + ε).
    package static func standardise(
        _ x: UnsafePointer<Float>, width: Int, epsilon: Float, into y: UnsafeMutablePointer<Float>
    ) -> Float {
        let mean = Vectors.sum(width) { x[$0] } / Float(width)
        for index in 0..<width { y[index] = x[index] - mean }
        let scale = 1 / (Vectors.sum(width) { y[$0] * y[$0] } / Float(width) + epsilon).squareRoot()
        for index in 0..<width { y[index] *= scale }
        return scale
    }

    /// The adjoint of `standardise`, which gave `y` and `scale`: adds scale·(g - mean(g) - y·mean(g·y)) to `gradient`.
    package static func pullStandardised(
        _ g: UnsafePointer<Float>, _ y: UnsafePointer<Float>, scale: Float, width: Int, to gradient: UnsafeMutablePointer<Float>
    ) {
        let mean = Vectors.sum(width) { g[$0] } / Float(width), along = Vectors.sum(width) { g[$0] * y[$0] } / Float(width)
        for index in 0..<width { gradient[index] += scale * (g[index] - mean - y[index] * along) }
    }

    /// dgain = Σ dy·(x - μ)/σ over the rows.
    public func pull(_ pull: borrowing Pull) {
        guard let gain = pull.latent, let gainGradient = pull.weightGradient else { return }
        let (g, x, gradient, width, count) = (
            pull.outputGradient, pull.inputs[0], pull.inputGradients[0], pull.output.width, pull.count)
        withScratch(count * width) { standard in
            pull.eachRow { row in
                let y = standard + row * width, g = g[row]
                let scale = LayerNorm.standardise(x[row], width: width, epsilon: epsilon, into: y)
                withScratch(width) { own in
                    for index in 0..<width { own[index] = g[index] * gain[index] }
                    LayerNorm.pullStandardised(own, y, scale: scale, width: width, to: gradient[row])
                }
            }
            pull.eachColumns(width) { part in
                for row in 0..<count {
                    let (g, y) = (g[row], standard + row * width)
                    for index in part { gainGradient[index] += g[index] * y[index] }
                }
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        LayerNorm.standardised(inputs[0], epsilon: epsilon).values.enumerated().map { $1 * weight[$0] }
    }

    /// What `standardise` writes and returns, on any kind of number.
    package static func standardised<Number: Arithmetic>(_ x: [Number], epsilon: Float) -> (values: [Number], scale: Number) {
        let share = Number(1 / Double(x.count))
        let mean = x.reduce(Number(0)) { $0 + $1 } * share
        let centred = x.map { $0 - mean }
        let variance = centred.reduce(Number(0)) { $0 + $1 * $1 } * share
        let scale = Number(1) / (variance + Number(Double(epsilon))).squareRoot
        return (centred.map { $0 * scale }, scale)
    }

    /// What `standardised` costs.
    package static func cost(standardising width: Int) -> Cost {
        Cost(additions: 3 * width + 1, multiplications: 2 * width + 2, divisions: 1, squareRoots: 1)
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        LayerNorm.cost(standardising: gain.columns) + Cost(multiplications: gain.columns)
    }
}
