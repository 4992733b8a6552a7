import Tensors

/// y = x/2·(1 + tanh u) with u = √(2/π)·(x + 0.044715 x³), which is x·σ(2u) (Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", the
/// approximation of section 2).
public struct GELU: ElementwiseOperation {
    public static let name = "gelu"
    public static let arity = 1

    public init() {}

    /// 2u = x·(slope + cube·x²).
    @inlinable package static var slope: Float { 1.595_769_121_605_730_8 }
    @inlinable package static var cube: Float { 0.071_354_816_272_600_25 }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, kernels) = (inputs[0], context.kernels)
        context.eachRow(of: output) { GELU.apply(x[$0], width: x.width, into: output[$0], kernels) }
    }

    /// y = gelu(x), `width` numbers.
    package static func apply(_ x: UnsafePointer<Float>, width: Int, into y: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
        withScratch(width) { s in
            sigmoids(x, width: width, into: s, kernels)
            for index in 0..<width { y[index] = x[index] * s[index] }
        }
    }

    /// σ(2u).
    package static func sigmoids(_ x: UnsafePointer<Float>, width: Int, into s: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
        for index in 0..<width { s[index] = x[index] * (slope + cube * (x[index] * x[index])) }
        kernels.sigmoid(s, width: width, into: s)
    }

    /// d gelu(x) / dx, given σ(2u): σ + x·σ', where σ' = σ(1 - σ)·(slope + 3 cube x²).
    @inlinable @inline(__always)
    package static func derivative(_ x: Float, sigmoid s: Float) -> Float { s + x * (s * (1 - s) * (slope + 3 * cube * (x * x))) }

    /// The derivative of that: 2σ' + x·σ'', where σ'' = σ'(1 - 2σ)·(slope + 3 cube x²) + σ(1 - σ)·6 cube x.
    @inlinable @inline(__always)
    package static func secondDerivative(_ x: Float, sigmoid s: Float) -> Float {
        let steep = slope + 3 * cube * (x * x), first = s * (1 - s) * steep
        return 2 * first + x * (first * (1 - 2 * s) * steep + s * (1 - s) * (6 * cube * x))
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, x, gradient, width, kernels) = (
            pull.outputGradient, pull.inputs[0], pull.inputGradients[0], pull.output.width, pull.kernels)
        pull.eachRow { row in
            let (g, x, gradient) = (g[row], x[row], gradient[row])
            withScratch(width) { s in
                GELU.sigmoids(x, width: width, into: s, kernels)
                for index in 0..<width { gradient[index] += g[index] * GELU.derivative(x[index], sigmoid: s[index]) }
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        inputs[0].map { $0 * GELU.sigmoid($0) }
    }

    /// σ(2u): 3 multiplications, 3 additions, an exponential and a division.
    package static func sigmoid<Number: Arithmetic>(_ x: Number) -> Number {
        let u = x * (Number(Double(slope)) + Number(Double(cube)) * (x * x))
        return Number(1) / (Number(1) + (Number(0) - u).exponential)
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        let width = inputs[0].width
        return Cost(additions: 3 * width, multiplications: 4 * width, divisions: width, exponentials: width)
    }
}
