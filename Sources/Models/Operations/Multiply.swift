import Tensors

/// y = a ⊙ b, element by element.
public struct Multiply: ElementwiseOperation {
    public static let name = "multiply"
    public static let arity = 2

    public init() {}

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (a, b, width) = (inputs[0], inputs[1], output.width)
        context.eachRow(of: output) { row in
            let (a, b, y) = (a[row], b[row], output[row])
            for index in 0..<width { y[index] = a[index] * b[index] }
        }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, inputs, gradients, width) = (pull.outputGradient, pull.inputs, pull.inputGradients, pull.output.width)
        pull.eachRow { row in
            Vectors.add(g[row], times: inputs[1][row], to: gradients[0][row], count: width)
            Vectors.add(g[row], times: inputs[0][row], to: gradients[1][row], count: width)
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        zip(inputs[0], inputs[1]).map { $0 * $1 }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(multiplications: inputs[0].width)
    }
}
