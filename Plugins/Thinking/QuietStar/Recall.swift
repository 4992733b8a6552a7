import Basis
import Models

/// y = [b; x]: b is the row of the token before the last start of a thought, zeros where there was none. Within a thought that is the row
/// of the text that it thinks about.
///
/// The state is the row before this one, then b.
struct Recall: Operation {
    static let name = "quiet-star.recall"
    let width: Int
    let start: Int

    init(width: Int, start: Int) { (self.width, self.start) = (width, start) }

    init(attributes: AttributeReader) throws {
        try attributes.only("width", "start")
        self.init(width: try attributes.size("width"), start: try attributes.integer("start", in: 0...Int(Int32.max)))
    }

    var attributes: JSONObject { ["width": .integer(width), "start": .integer(start)] }
    var memory: Memory { .floats(2 * width) }
    var readsTokens: Bool { true }

    func form(of inputs: [Form]) throws -> Form {
        guard inputs == [.floats(width)] else { throw Failure("takes rows of \(width) floats") }
        return .floats(2 * width)
    }

    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        for (segment, state) in zip(context.segments, context.floatStates) {
            let (previous, base) = (state, state + width)
            for row in segment.rows {
                let (x, y) = (inputs[0][row], output[row])
                if context.tokens[row] == start { base.update(from: previous, count: width) }
                y.update(from: base, count: width)
                (y + width).update(from: x, count: width)
                previous.update(from: x, count: width)
            }
        }
    }

    func grow(_ part: Range<Int>, of forest: Forest, _ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let bases = bases(of: forest)
        for row in part {
            let y = output[row]
            if bases[row] < 0 { y.update(repeating: 0, count: width) } else { y.update(from: inputs[0][bases[row]], count: width) }
            (y + width).update(from: inputs[0][row], count: width)
        }
    }

    func pull(_ pull: borrowing Pull) {
        let (g, x) = (pull.outputGradient, pull.inputGradients[0]), bases = bases(of: pull.forest)
        pull.eachColumns(width) { columns in
            for row in bases.indices {
                for index in columns { x[row][index] += g[row][width + index] }
                guard bases[row] >= 0 else { continue }
                for index in columns { x[bases[row]][index] += g[row][index] }
            }
        }
    }

    /// The row that each row recalls; -1 where there is none.
    private func bases(of forest: Forest) -> [Int] {
        var bases: [Int] = []
        for (token, parent) in zip(forest.tokens, forest.parents) {
            bases.append(Int(token) == start ? Int(parent) : parent < 0 ? -1 : bases[Int(parent)])
        }
        return bases
    }

    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        let base = token.id == start ? state[..<width] : state[width...]
        state = inputs[0] + base
        return base + inputs[0]
    }

    func cost(_ inputs: [Form], past: Int) -> Cost { Cost(stateBytes: 16 * width) }
}
