import Tensors

/// y = max(x, 0).
public struct ReLU: ElementwiseOperation {
    public static let name = "relu"
    public static let arity = 1

    public init() {}

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, width) = (inputs[0], output.width)
        context.eachRow(of: output) { row in
            let (x, y) = (x[row], output[row])
            for index in 0..<width { y[index] = max(x[index], 0) }
        }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, x, gradient, width) = (pull.outputGradient, pull.inputs[0], pull.inputGradients[0], pull.output.width)
        pull.eachRow { row in
            let (g, x, gradient) = (g[row], x[row], gradient[row])
            for index in 0..<width where x[index] > 0 { gradient[index] += g[index] }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        inputs[0].map { Number.maximum($0, Number(0)) }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost { Cost(comparisons: inputs[0].width) }
}
