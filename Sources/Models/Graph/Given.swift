import Basis
import Tensors

/// Rows that come from outside of a graph, in place of nodes that another run of a graph has computed: a trace puts them there, or a
/// machine that runs a part of a graph is told where they lie. No file has it.
struct Given: Operation {
    static let name = "given"
    let width: Int
    private let rows: GivenRows?

    init(width: Int, rows: GivenRows? = nil) { (self.width, self.rows) = (width, rows) }

    static func == (a: Given, b: Given) -> Bool { a.width == b.width && a.rows === b.rows }

    func hash(into hasher: inout Hasher) { hasher.combine(width) }

    /// Rows are found by where their tokens stand in the text.
    var readsTokens: Bool { rows != nil }

    init(attributes: AttributeReader) throws { throw Failure("'given' is no operation of a stored graph") }

    var attributes: JSONObject { ["width": .integer(width)] }

    func form(of inputs: [Form]) throws -> Form {
        guard inputs.isEmpty else { throw Failure("takes no input, has \(inputs.count)") }
        return .floats(width)
    }

    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        guard let start = rows?.start else { return }
        for segment in context.segments {
            for (offset, row) in segment.rows.enumerated() {
                output[row].update(from: start + (segment.position + offset) * width, count: width)
            }
        }
    }

    func pull(_ pull: borrowing Pull) {}

    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        [Number](repeating: Number(0), count: width)
    }

    func cost(_ inputs: [Form], past: Int) -> Cost { Cost() }
}
