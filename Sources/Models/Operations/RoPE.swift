import Basis
import Tensors

/// Rotary position embedding (Su et al. 2021, "RoFormer", section 3.4.2) in the layout of GPT-NeoX: in each head of `width` numbers, those
/// at j and j + width/2 turn by the angle position · f(j), f(j) = base^(-2j / width), rescaled as `scaling` says.
public struct RoPE: Operation {
    public static let name = "rope"
    package let heads: Int
    package let width: Int
    let base: Double
    let scaling: Scaling
    private let table: RotaryTable

    public init(heads: Int, width: Int, base: Double, scaling: Scaling = .none) {
        (self.heads, self.width, self.base, self.scaling) = (heads, width, base, scaling)
        table = RotaryTable.shared(width: width, base: base, scaling: scaling)
    }

    public init(attributes: AttributeReader) throws {
        try attributes.only("heads", "width", "base", "scaling")
        let width = try attributes.size("width"), heads = try attributes.size("heads")
        guard width % 2 == 0, width <= 1 << 16 else { throw Failure("a head of \(width) numbers cannot be turned in pairs") }
        let base = try attributes.double("base")
        guard base > 0 else { throw Failure("the base \(base) is not positive") }
        self.init(heads: heads, width: width, base: base, scaling: try Scaling(attributes: attributes.object("scaling")))
    }

    public var attributes: JSONObject {
        ["heads": .integer(heads), "width": .integer(width), "base": .number(base), "scaling": .object(scaling.attributes)]
    }

    public static func == (a: RoPE, b: RoPE) -> Bool {
        a.heads == b.heads && a.width == b.width && a.base == b.base && a.scaling == b.scaling
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(heads)
        hasher.combine(width)
        hasher.combine(base)
        hasher.combine(scaling)
    }

    public var readsTokens: Bool { true }

    public func form(of inputs: [Form]) throws -> Form {
        guard inputs == [.floats(heads * width)] else { throw Failure("takes one input of \(heads) x \(width) floats, has \(inputs)") }
        return inputs[0]
    }

    public func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, kernels, half) = (inputs[0], context.kernels, width / 2)
        for segment in context.segments {
            context.threads.parallel(segment.rows.count, grain: max(1, RunContext.grain / (heads * width))) { part in
                for index in part {
                    let row = segment.rows.lowerBound + index, angles = table.angles(at: segment.position + index)
                    kernels.rotate(x[row], heads: heads, half: half, cosines: angles, sines: angles + half, into: output[row])
                }
            }
        }
    }

    /// The same angles, turned back.
    public func pull(_ pull: borrowing Pull) {
        let (g, gradient, half, positions) = (pull.outputGradient, pull.inputGradients[0], width / 2, pull.forest.positions)
        pull.eachRow { row in
            let c = table.angles(at: Int(positions[row])), s = c + half
            for head in 0..<heads {
                let (g, x) = (g[row] + head * width, gradient[row] + head * width)
                for j in 0..<half {
                    x[j] += g[j] * c[j] + g[half + j] * s[j]
                    x[half + j] += g[half + j] * c[j] - g[j] * s[j]
                }
            }
        }
    }

    public func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        let angles = table.angles(at: token.position), half = width / 2
        return (0..<heads * width).map { index in
            let (head, j) = (index / width * width, index % width)
            let c = Number(Double(angles[j % half])), s = Number(Double(angles[half + j % half]))
            let (own, other) = (inputs[0][index], inputs[0][head + (j + half) % width])
            return j < half ? own * c - other * s : own * c + other * s
        }
    }

    public func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(additions: heads * width, multiplications: 2 * heads * width)
    }
}
