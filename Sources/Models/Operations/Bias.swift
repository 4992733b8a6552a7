import Basis

/// y = x + b: what some models add to a product.
public struct Bias: Operation {
    public static let name = "bias"
    let bias: Weight

    public init(_ bias: Weight) { self.bias = bias }

    public init(attributes: AttributeReader) throws {
        try attributes.only("bias", "width")
        self.init(Weight(try attributes.string("bias"), shape: [try attributes.size("width")], kind: .dense))
    }

    public var attributes: JSONObject { ["bias": .string(bias.name), "width": .integer(bias.columns)] }

    public var weight: Weight? { bias }

    public func form(of inputs: [Form]) throws -> Form {
        let width = try floatWidth(inputs)
        try check(bias, columns: width)
        return .floats(width)
    }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, bias, width) = (inputs[0], context.parameter.floats, output.width)
        context.eachRow(of: output) { row in
            let (x, y) = (x[row], output[row])
            for index in 0..<width { y[index] = x[index] + bias[index] }
        }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, x, width, rows) = (pull.outputGradient, pull.inputGradients[0], pull.output.width, pull.count)
        pull.eachRow { Vectors.add(g[$0], to: x[$0], count: width) }
        guard let bias = pull.weightGradient else { return }
        pull.eachColumns(width) { part in
            for row in 0..<rows { Vectors.add(g[row] + part.lowerBound, to: bias + part.lowerBound, count: part.count) }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        inputs[0].indices.map { inputs[0][$0] + weight[$0] }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost { Cost(additions: bias.columns) }
}
