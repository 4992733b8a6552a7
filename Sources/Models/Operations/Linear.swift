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
