import Basis
import Tensors

/// y = E[token]: the row of the table that belongs to the token. A token that the table lacks gives zeros; programs refuse it before.
public struct Embedding: Operation {
    public static let name = "embedding"
    let table: Weight

    public init(table: Weight) { self.table = table }

    public init(attributes: AttributeReader) throws {
        try attributes.only("table", "vocabulary", "width")
        let shape = [try attributes.size("vocabulary"), try attributes.size("width")]
        self.init(table: Weight(try attributes.string("table"), shape: shape, kind: .table))
    }

    public var attributes: JSONObject {
        ["table": .string(table.name), "vocabulary": .integer(table.rows), "width": .integer(table.columns)]
    }

    public var weight: Weight? { table }
    public var readsTokens: Bool { true }

    public func form(of inputs: [Form]) throws -> Form {
        guard inputs.isEmpty else { throw Failure("takes no input, has \(inputs.count)") }
        return .floats(table.columns)
    }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (table, tokens, kernels) = (context.parameter.table, context.tokens, context.kernels)
        context.eachRow(of: output) { table.copyRow(Int(tokens[$0]), to: output[$0], kernels) }
    }

    public func pull(_ pull: borrowing Pull) {
        let (g, tokens, known, width) = (pull.outputGradient, pull.forest.tokens, table.rows, table.columns)
        guard let table = pull.weightGradient else { return }
        pull.eachColumns(width) { part in
            for (row, token) in tokens.enumerated() where Int(token) < known {
                let start = part.lowerBound
                Vectors.add(g[row] + start, to: table + Int(token) * width + start, count: part.count)
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        (0..<table.columns).map { weight[token.id, $0] }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost { Cost() }
}
