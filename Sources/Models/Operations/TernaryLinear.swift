import Basis
import Tensors

/// y = s·(T x): T holds trits, s is what one trit stands for, x quantised activations. The integers are summed exactly, then scaled
/// once (Wang et al. 2023, "BitNet", section 2.1; Ma et al. 2024, "The Era of 1-bit LLMs").
public struct TernaryLinear: Operation {
    public static let name = "ternary-linear"
    let matrix: Weight

    public init(matrix: Weight) { self.matrix = matrix }

    public init(attributes: AttributeReader) throws {
        try attributes.only("matrix", "rows", "columns", "source")
        let shape = [try attributes.size("rows"), try attributes.size("columns")]
        let (name, source) = (try attributes.string("matrix"), try attributes.optionalString("source"))
        self.init(matrix: Weight(name, shape: shape, kind: .ternary, source: source))
    }

    public var attributes: JSONObject {
        var result: JSONObject = ["matrix": .string(matrix.name), "rows": .integer(matrix.rows), "columns": .integer(matrix.columns)]
        if matrix.source != matrix.name { result["source"] = .string(matrix.source) }
        return result
    }

    public var weight: Weight? { matrix }

    public func form(of inputs: [Form]) throws -> Form {
        try check(matrix, columns: try quantisedWidth(inputs))
        return .floats(matrix.rows)
    }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        context.parameter.matrix.multiply(
            inputs[0].quantised, count: output.count, into: output[0], outStride: output.stride, kernels: context.kernels,
            pool: context.threads)
    }

    /// dx = s·Tᵀ dy, and straight through to what the trits were made of: dW = dy xᵀ, x as it was quantised.
    public func pull(_ pull: borrowing Pull) {
        guard let codes = pull.codes, let gradient = pull.weightGradient else { return }
        let g = pull.outputGradient.block, (rows, columns) = (matrix.rows, matrix.columns)
        pull.products.add(g, codes: codes, scale: pull.parameter.matrix.scale, to: pull.inputGradients[0].mutableBlock)
        pull.products.add(
            g, activations: pull.inputs[0].quantised, to: MutableFloatBlock(gradient, rows: rows, columns: columns, stride: columns))
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        (0..<matrix.rows).map { row in
            var sum = Number(0)
            for column in 0..<matrix.columns { sum.accumulate(weight.trit(row, column), inputs[0][column]) }
            return sum * weight.scale
        }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(multiplications: matrix.rows, accumulations: matrix.count)
    }
}
