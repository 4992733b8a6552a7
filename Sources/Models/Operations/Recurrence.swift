import Basis
import Tensors

/// h ← f ⊙ h + i, y = h, from h = 0 (Qin et al. 2023, "HGRN", section 3; the MLGRU of Zhu et al. 2024, section 3.3).
/// Inputs: i, then f. The state is h, in float32.
public struct Recurrence: Operation {
    public static let name = "recurrence"
    let width: Int

    public init(width: Int) { self.width = width }

    public init(attributes: AttributeReader) throws {
        try attributes.only("width")
        self.init(width: try attributes.size("width"))
    }

    public var attributes: JSONObject { ["width": .integer(width)] }
    public var memory: Memory { .floats(width) }

    public func form(of inputs: [Form]) throws -> Form {
        let common = try commonWidth(inputs, count: 2)
        guard common == width else { throw Failure("is \(width) wide, its inputs \(common)") }
        return .floats(width)
    }

    /// Sessions do not touch each other, and neither do the elements of one: both are shared out.
    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (i, f, kernels) = (inputs[0], inputs[1], context.kernels)
        for (segment, h) in zip(context.segments, context.floatStates) {
            context.threads.parallel(width, grain: max(256, RunContext.grain / max(1, segment.rows.count))) { part in
                for row in segment.rows {
                    let at = part.lowerBound
                    kernels.recurrence(
                        input: i[row] + at, forget: f[row] + at, width: part.count, state: h + at, into: output[row] + at)
                }
            }
        }
    }

    public func grow(_ part: Range<Int>, of forest: Forest, _ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (i, f, kernels) = (inputs[0], inputs[1], context.kernels)
        context.threads.parallel(width, grain: max(256, RunContext.grain / max(1, part.count))) { columns in
            let at = columns.lowerBound
            withScratch(columns.count) { h in
                for row in part {
                    let parent = Int(forest.parents[row])
                    if parent < 0 { h.update(repeating: 0, count: columns.count) } else {
                        h.update(from: output[parent] + at, count: columns.count)
                    }
                    kernels.recurrence(input: i[row] + at, forget: f[row] + at, width: columns.count, state: h, into: output[row] + at)
                }
            }
        }
    }

    /// δ = dy + Σ f'·δ' over the rows that come after this one; di = δ, df = δ ⊙ h before it.
    public func pull(_ pull: borrowing Pull) {
        let (g, h, f) = (pull.outputGradient, pull.output, pull.inputs[1])
        let (di, df, parents) = (pull.inputGradients[0], pull.inputGradients[1], pull.forest.parents)
        pull.eachColumns(width) { columns in
            let at = columns.lowerBound
            for row in parents.indices.reversed() {
                let (δ, parent) = (g[row] + at, Int(parents[row]))
                Vectors.add(δ, to: di[row] + at, count: columns.count)
                guard parent >= 0 else { continue }
                Vectors.add(δ, times: h[parent] + at, to: df[row] + at, count: columns.count)
                Vectors.add(δ, times: f[row] + at, to: g[parent] + at, count: columns.count)
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        for index in 0..<width { state[index] = inputs[1][index] * state[index] + inputs[0][index] }
        return state
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(additions: width, multiplications: width, stateBytes: 2 * width * MemoryLayout<Float>.size)
    }
}
