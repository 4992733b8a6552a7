import Tensors

/// y = max(x, 0)² (So et al. 2021, "Primer", section 3).
public struct SquaredReLU: ElementwiseOperation {
    public static let name = "squared-relu"
    public static let arity = 1

    public init() {}

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, kernels) = (inputs[0], context.kernels)
        context.eachRow(of: output) { kernels.squaredReLU(x[$0], width: x.width, into: output[$0]) }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, x, gradient, width) = (pull.outputGradient, pull.inputs[0], pull.inputGradients[0], pull.output.width)
        pull.eachRow { row in
            let (g, x, gradient) = (g[row], x[row], gradient[row])
            for index in 0..<width { gradient[index] += 2 * g[index] * max(x[index], 0) }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        inputs[0].map { x in
            let positive = Number.maximum(x, Number(0))
            return positive * positive
        }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(multiplications: inputs[0].width, comparisons: inputs[0].width)
    }
}
