import Basis
import Glibc
import Models

/// y = lb + (1 - lb)·x, where lb is this layer's lower bound of the forget gate: with P the softmax of the bounds over the layers,
/// lb of layer l is Σ P_j over j = 1..l (Qin et al. 2023, "HGRN", section 3; the original sums from j = 0 and takes P_0 away again).
struct LowerBound: Operation {
    static let name = "matmul-free.lower-bound"
    /// [layers, width], as trained: before the softmax.
    let bounds: Weight
    let layer: Int

    init(bounds: Weight, layer: Int) { (self.bounds, self.layer) = (bounds, layer) }

    init(attributes: AttributeReader) throws {
        try attributes.only("bounds", "layers", "width", "layer")
        let shape = [try attributes.size("layers"), try attributes.size("width")]
        bounds = Weight(try attributes.string("bounds"), shape: shape, kind: .dense)
        layer = try attributes.integer("layer", in: 1...Int(Int32.max))
    }

    var attributes: JSONObject {
        [
            "bounds": .string(bounds.name), "layers": .integer(bounds.rows), "width": .integer(bounds.columns), "layer": .integer(layer),
        ]
    }

    var weight: Weight? { bounds }

    func form(of inputs: [Form]) throws -> Form {
        guard inputs == [.floats(bounds.columns)] else { throw Failure("takes one input of \(bounds.columns) floats") }
        guard layer < bounds.rows else { throw Failure("is for layer \(layer) of \(bounds.rows)") }
        return inputs[0]
    }

    /// This layer's bound, one number a column.
    func prepared(_ weight: [Float]) -> [Float] {
        (0..<bounds.columns).map { column in Float(shares(column) { weight[$0] }[1...layer].reduce(0, +)) }
    }

    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let (x, bound, width) = (inputs[0], context.parameter.floats, output.width)
        context.eachRow(of: output) { row in
            let (x, y) = (x[row], output[row])
            for index in 0..<width { y[index] = bound[index] + (1 - bound[index]) * x[index] }
        }
    }

    /// dx = (1 - lb) dy; dlb = Σ (1 - x) dy over the rows, and through the softmax: dB_k = dlb·P_k·([1 ≤ k ≤ l] - lb).
    func pull(_ pull: borrowing Pull) {
        let (g, x, gradient, bound, width, rows) = (
            pull.outputGradient, pull.inputs[0], pull.inputGradients[0], pull.parameter.floats, pull.output.width, pull.count)
        pull.eachRow { row in
            let (g, gradient) = (g[row], gradient[row])
            for index in 0..<width { gradient[index] += (1 - bound[index]) * g[index] }
        }
        guard let latent = pull.latent, let bounds = pull.weightGradient else { return }
        pull.eachColumns(width) { part in
            for column in part {
                let sum = (0..<rows).reduce(Float(0)) { $0 + (1 - x[$1][column]) * g[$1][column] }
                for (k, slope) in slopes(latent, column).enumerated() { bounds[k * width + column] += sum * slope }
            }
        }
    }

    /// d lb / d B_k of one column, for each k.
    private func slopes(_ weight: UnsafePointer<Float>, _ column: Int) -> [Float] {
        let p = shares(column) { weight[$0] }
        let bound = p[1...layer].reduce(0, +)
        return p.indices.map { Float(p[$0] * ((1...layer).contains($0) ? 1 - bound : -bound)) }
    }

    /// The softmax over the layers of one column.
    private func shares(_ column: Int, _ weight: (Int) -> Float) -> [Double] {
        let values = (0..<bounds.rows).map { Double(weight($0 * bounds.columns + column)) }
        let largest = values.max() ?? 0
        let exponents = values.map { exp($0 - largest) }
        let total = exponents.reduce(0, +)
        return exponents.map { $0 / total }
    }

    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        inputs[0].indices.map { weight[$0] + (Number(1) - weight[$0]) * inputs[0][$0] }
    }

    func cost(_ inputs: [Form], past: Int) -> Cost {
        Cost(additions: 2 * bounds.columns, multiplications: bounds.columns)
    }
}
