import Basis
import Tensors

/// Rotary position embedding (Su et al. 2021, "RoFormer", section 3.4.2): in each head of `width` numbers pair j turns by the angle
/// position · f(j), f(j) = base^(-2j / width), rescaled as `scaling` says.
public struct RoPE: Operation {
    public static let name = "rope"
    package let heads: Int
    package let width: Int
    let base: Double
    let scaling: Scaling
    let pairs: Pairs
    /// Positions after which the angles begin anew; 0 if they never do.
    let period: Int
    private let table: RotaryTable

    /// Which numbers of a head turn together.
    public enum Pairs: String, Hashable, Sendable {
        /// Those at j and j + width/2, the layout of GPT-NeoX.
        case halves
        /// Those at 2j and 2j + 1, the layout of the paper and of GPT-J.
        case neighbours
    }

    public init(heads: Int, width: Int, base: Double, scaling: Scaling = .none, pairs: Pairs = .halves, period: Int = 0) {
        (self.heads, self.width, self.base, self.scaling) = (heads, width, base, scaling)
        (self.pairs, self.period) = (pairs, period)
        table = RotaryTable.shared(width: width, base: base, scaling: scaling)
    }

    public init(attributes: AttributeReader) throws {
        try attributes.only("heads", "width", "base", "scaling", "pairs", "period")
        let width = try attributes.size("width"), heads = try attributes.size("heads")
        guard width % 2 == 0, width <= 1 << 16 else { throw Failure("a head of \(width) numbers cannot be turned in pairs") }
        guard heads.multipliedReportingOverflow(by: width).partialValue <= 1 << 24 else { throw Failure("\(heads) heads are too many") }
        let base = try attributes.positive("base"), scaling = try Scaling(attributes: attributes.object("scaling"))
        try scaling.check(width: width, base: base)
        let name = try attributes.optionalString("pairs") ?? Pairs.halves.rawValue
        guard let pairs = Pairs(rawValue: name) else { throw Failure("unknown pairs '\(name)'") }
        let period = try attributes.integer("period", in: 0...Int(Int32.max), default: 0)
        self.init(heads: heads, width: width, base: base, scaling: scaling, pairs: pairs, period: period)
    }

    public var attributes: JSONObject {
        var result: JSONObject = [
            "heads": .integer(heads), "width": .integer(width), "base": .number(base), "scaling": .object(scaling.attributes),
        ]
        if pairs != .halves { result["pairs"] = .string(pairs.rawValue) }
        if period > 0 { result["period"] = .integer(period) }
        return result
    }

    public static func == (a: RoPE, b: RoPE) -> Bool {
        (a.heads, a.width, a.base, a.scaling, a.period) == (b.heads, b.width, b.base, b.scaling, b.period) && a.pairs == b.pairs
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(heads)
        hasher.combine(width)
        hasher.combine(base)
        hasher.combine(scaling)
        hasher.combine(pairs)
        hasher.combine(period)
    }

    public var readsTokens: Bool { true }

    public func form(of inputs: [Form]) throws -> Form {
        guard inputs == [.floats(heads * width)] else { throw Failure("takes one input of \(heads) x \(width) floats, has \(inputs)") }
        return inputs[0]
    }

    /// The cosines, then the sines, of the token at a position.
    private func angles(at position: Int) -> UnsafePointer<Float> { table.angles(at: period > 0 ? position % period : position) }

    /// The places of the numbers of a pair in their head.
    private func places(of pair: Int) -> (Int, Int) { pairs == .halves ? (pair, pair + width / 2) : (2 * pair, 2 * pair + 1) }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, kernels) = (inputs[0], context.kernels)
        for segment in context.segments {
            context.threads.parallel(segment.rows.count, grain: max(1, RunContext.grain / (heads * width))) { part in
                for index in part {
                    let row = segment.rows.lowerBound + index
                    turn(x[row], angles(at: segment.position + index), into: output[row], kernels)
                }
            }
        }
    }

    private func turn(_ x: UnsafePointer<Float>, _ c: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
        let half = width / 2, s = c + half
        guard pairs == .neighbours else { return kernels.rotate(x, heads: heads, half: half, cosines: c, sines: s, into: y) }
        for head in 0..<heads {
            let (x, y) = (x + head * width, y + head * width)
            for j in 0..<half {
                let (a, b) = (x[2 * j], x[2 * j + 1])
                y[2 * j] = a * c[j] - b * s[j]
                y[2 * j + 1] = b * c[j] + a * s[j]
            }
        }
    }

    /// The same angles, turned back.
    public func pull(_ pull: borrowing Pull) {
        let (g, gradient, half, positions) = (pull.outputGradient, pull.inputGradients[0], width / 2, pull.forest.positions)
        pull.eachRow { row in
            let c = angles(at: Int(positions[row])), s = c + half
            for head in 0..<heads {
                let (g, x) = (g[row] + head * width, gradient[row] + head * width)
                for j in 0..<half {
                    let (a, b) = places(of: j)
                    x[a] += g[a] * c[j] + g[b] * s[j]
                    x[b] += g[b] * c[j] - g[a] * s[j]
                }
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        var result = inputs[0]
        let angles = angles(at: token.position), half = width / 2
        for head in stride(from: 0, to: heads * width, by: width) {
            for j in 0..<half {
                let (a, b) = (head + places(of: j).0, head + places(of: j).1)
                let c = Number(Double(angles[j])), s = Number(Double(angles[half + j]))
                (result[a], result[b]) = (inputs[0][a] * c - inputs[0][b] * s, inputs[0][b] * c + inputs[0][a] * s)
            }
        }
        return result
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(additions: heads * width, multiplications: 2 * heads * width)
    }
}
