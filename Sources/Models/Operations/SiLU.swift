import Tensors

/// y = x / (1 + e⁻ˣ), also called swish (Elfwing et al. 2017).
public struct SiLU: ElementwiseOperation {
    public static let name = "silu"
    public static let arity = 1

    public init() {}

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, kernels) = (inputs[0], context.kernels)
        context.eachRow(of: output) { kernels.silu(x[$0], width: x.width, into: output[$0]) }
    }

    /// d silu(x) / dx = σ(x)·(1 + x·(1 - σ(x))).
    public func pull(_ pull: borrowing Pull) {
        let (g, x, gradient, width, kernels) = (
            pull.outputGradient, pull.inputs[0], pull.inputGradients[0], pull.output.width, pull.kernels)
        pull.eachRow { row in
            let (g, x, gradient) = (g[row], x[row], gradient[row])
            withScratch(width) { s in
                kernels.sigmoid(x, width: width, into: s)
                for index in 0..<width { gradient[index] += g[index] * s[index] * (1 + x[index] * (1 - s[index])) }
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        inputs[0].map { $0 / (Number(1) + (Number(0) - $0).exponential) }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        let width = inputs[0].width
        return Cost(additions: 2 * width, divisions: width, exponentials: width)
    }
}
