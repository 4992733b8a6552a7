import Tensors

/// y = a + b.
public struct Add: ElementwiseOperation {
    public static let name = "add"
    public static let arity = 2

    public init() {}

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (a, b, kernels) = (inputs[0], inputs[1], context.kernels)
        context.eachRow(of: output) { kernels.add(a[$0], b[$0], width: a.width, into: output[$0]) }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, a, b, width) = (pull.outputGradient, pull.inputGradients[0], pull.inputGradients[1], pull.output.width)
        pull.eachRow { row in
            Vectors.add(g[row], to: a[row], count: width)
            Vectors.add(g[row], to: b[row], count: width)
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        zip(inputs[0], inputs[1]).map { $0 + $1 }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(additions: inputs[0].width)
    }
}
