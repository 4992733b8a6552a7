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

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        zip(inputs[0], inputs[1]).map { $0 * $1 }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(multiplications: inputs[0].width)
    }
}
