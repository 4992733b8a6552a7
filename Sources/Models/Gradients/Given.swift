import Basis
import Tensors

/// Rows that come from outside of a graph, in place of nodes that another run of a graph has computed. For traces alone: nothing else
/// gives rows to a graph, and no file has it.
struct Given: Operation {
    static let name = "given"
    let width: Int

    init(width: Int) { self.width = width }

    init(attributes: AttributeReader) throws { throw Failure("'given' is no operation of a stored graph") }

    var attributes: JSONObject { ["width": .integer(width)] }

    func form(of inputs: [Form]) throws -> Form {
        guard inputs.isEmpty else { throw Failure("takes no input, has \(inputs.count)") }
        return .floats(width)
    }

    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {}
    func pull(_ pull: borrowing Pull) {}

    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        [Number](repeating: Number(0), count: width)
    }

    func cost(_ inputs: [Form], past: Int) -> Cost { Cost() }
}
