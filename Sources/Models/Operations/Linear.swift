import Basis
import Tensors

/// y = W x, in floats: a head that was left out of the ternary weights, or a model that has none. W stays as it is stored, and may be
/// the table that an embedding looks up.
public struct Linear: Operation {
    public static let name = "linear"
    let matrix: Weight

    public init(matrix: Weight) { self.matrix = matrix }

    public init(attributes: AttributeReader) throws {
        try attributes.only("matrix", "rows", "columns")
        let shape = [try attributes.size("rows"), try attributes.size("columns")]
        self.init(matrix: Weight(try attributes.string("matrix"), shape: shape, kind: .table))
    }

    public var attributes: JSONObject {
        ["matrix": .string(matrix.name), "rows": .integer(matrix.rows), "columns": .integer(matrix.columns)]
    }

    public var weight: Weight? { matrix }

    public func form(of inputs: [Form]) throws -> Form {
        try check(matrix, columns: try floatWidth(inputs))
        return .floats(matrix.rows)
    }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        context.parameter.table.multiply(inputs[0], into: output, context)
    }

    /// dx = Wᵀ dy, dW = dy xᵀ.
    public func pull(_ pull: borrowing Pull) {
        guard let latent = pull.latent, let gradient = pull.weightGradient else { return }
        let (rows, columns, g) = (matrix.rows, matrix.columns, pull.outputGradient.block)
        pull.products.floats.add(
            g, transposed: false, FloatBlock(latent, rows: rows, columns: columns, stride: columns), factor: 1,
            to: pull.inputGradients[0].mutableBlock)
        pull.products.floats.add(
            g, transposed: true, pull.inputs[0].block, factor: 1,
            to: MutableFloatBlock(gradient, rows: rows, columns: columns, stride: columns))
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        (0..<matrix.rows).map { row in
            var sum = Number(0)
            for column in 0..<matrix.columns { sum = sum + weight[row, column] * inputs[0][column] }
            return sum
        }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(additions: matrix.count, multiplications: matrix.count)
    }
}
