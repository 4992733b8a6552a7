import Tensors

/// y = 1 - x.
public struct Complement: ElementwiseOperation {
    public static let name = "complement"
    public static let arity = 1

    public init() {}

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, width) = (inputs[0], output.width)
        context.eachRow(of: output) { row in
            let (x, y) = (x[row], output[row])
            for index in 0..<width { y[index] = 1 - x[index] }
        }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, x, width) = (pull.outputGradient, pull.inputGradients[0], pull.output.width)
        pull.eachRow { Vectors.add(g[$0], times: -1, to: x[$0], count: width) }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        inputs[0].map { Number(1) - $0 }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(additions: inputs[0].width)
    }
}
