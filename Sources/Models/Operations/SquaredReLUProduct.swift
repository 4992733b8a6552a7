import Tensors

/// SquaredReLU of the first input times the second. Rewrites make it; plugins write the two.
public struct SquaredReLUProduct: ElementwiseOperation {
    public static let name = "squared-relu-product"
    public static let arity = 2

    public init() {}

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (a, b, kernels) = (inputs[0], inputs[1], context.kernels)
        context.eachRow(of: output) { kernels.squaredReLUProduct(a[$0], b[$0], width: a.width, into: output[$0]) }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, inputs, gradients, width) = (pull.outputGradient, pull.inputs, pull.inputGradients, pull.output.width)
        pull.eachRow { row in
            let (g, a, b, da, db) = (g[row], inputs[0][row], inputs[1][row], gradients[0][row], gradients[1][row])
            for index in 0..<width {
                let positive = max(a[index], 0)
                da[index] += 2 * g[index] * b[index] * positive
                db[index] += g[index] * positive * positive
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        let gate = SquaredReLU().define([inputs[0]], weight: .none, token: token, state: &state)
        return Multiply().define([gate, inputs[1]], weight: .none, token: token, state: &state)
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        SquaredReLU().cost([inputs[0]], past: past) + Multiply().cost(inputs, past: past)
    }
}
