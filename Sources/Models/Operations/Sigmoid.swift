import Tensors

/// y = 1 / (1 + e⁻ˣ).
public struct Sigmoid: ElementwiseOperation {
    public static let name = "sigmoid"
    public static let arity = 1

    public init() {}

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, kernels) = (inputs[0], context.kernels)
        context.eachRow(of: output) { kernels.sigmoid(x[$0], width: x.width, into: output[$0]) }
    }

    /// σ' = σ(1 - σ).
    public func pull(_ pull: borrowing Pull) {
        let (g, y, x, width) = (pull.outputGradient, pull.output, pull.inputGradients[0], pull.output.width)
        pull.eachRow { row in
            let (g, y, x) = (g[row], y[row], x[row])
            for index in 0..<width { x[index] += g[index] * y[index] * (1 - y[index]) }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        inputs[0].map { Number(1) / (Number(1) + (Number(0) - $0).exponential) }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        let width = inputs[0].width
        return Cost(additions: 2 * width, divisions: width, exponentials: width)
    }
}
