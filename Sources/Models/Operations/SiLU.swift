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
