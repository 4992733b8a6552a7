import Tensors

/// y = silu(a) ⊙ b: the gate of a gated linear unit (Shazeer 2020, "GLU variants"), in one pass. Rewrites make it; plugins write the two.
public struct SiLUProduct: ElementwiseOperation {
    public static let name = "silu-product"
    public static let arity = 2

    public init() {}

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (a, b, kernels) = (inputs[0], inputs[1], context.kernels)
        context.eachRow(of: output) { kernels.siluProduct(a[$0], b[$0], width: a.width, into: output[$0]) }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, inputs, gradients, width, kernels) = (
            pull.outputGradient, pull.inputs, pull.inputGradients, pull.output.width, pull.kernels)
        pull.eachRow { row in
            let (g, a, b, da, db) = (g[row], inputs[0][row], inputs[1][row], gradients[0][row], gradients[1][row])
            withScratch(width) { s in
                kernels.sigmoid(a, width: width, into: s)
                for index in 0..<width {
                    da[index] += g[index] * b[index] * s[index] * (1 + a[index] * (1 - s[index]))
                    db[index] += g[index] * a[index] * s[index]
                }
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        zip(SiLU().define([inputs[0]], weight: weight, token: token, state: &state), inputs[1]).map { $0 * $1 }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        SiLU().cost([inputs[0]], past: past) + Multiply().cost(inputs, past: past)
    }
}
