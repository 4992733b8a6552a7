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

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        zip(inputs[0], inputs[1]).map { $0 + $1 }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(additions: inputs[0].width)
    }
}
