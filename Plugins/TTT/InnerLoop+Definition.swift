import Basis
import Models

// The equations of the inner loop, as they stand.
extension InnerLoop {
    func define<Number: Arithmetic>(
        _ inputs: [[Number]], weight: DefinitionWeight<Number>, token: TokenPlace, state: inout [Number]
    ) -> [Number] {
        let isLast = token.position % miniBatch == miniBatch - 1, count = model.parameters
        return (0..<heads).flatMap { head in
            let start = 2 * head * count, own = head * model.width..<(head + 1) * model.width
            var parameters = token.position == 0 ? beginning(head, weight) : Array(state[start..<start + count])
            var sums = token.position == 0 ? parameters.map { _ in Number(0) } : Array(state[start + count..<start + 2 * count])
            let norm = Norm(weight, head: head, width: model.width)
            let (q, k, v) = (Array(inputs[0][own]), Array(inputs[1][own]), Array(inputs[2][own]))
            addGradient(k, v, norm, rate: Number(rate) * inputs[3][head], parameters, to: &sums)
            let moved = zip(parameters, sums).map { $0 - inputs[4][0] * $1 }
            if isLast { (parameters, sums) = (moved, sums.map { _ in Number(0) }) }
            state.replaceSubrange(start..<start + 2 * count, with: parameters + sums)
            let answer = norm.apply(to: outputs(q, moved)[model.layers.count - 1])
            return q.indices.map { q[$0] + answer[$0] }
        }
    }

    private func beginning<Number: Arithmetic>(_ head: Int, _ weight: DefinitionWeight<Number>) -> [Number] {
        model.layers.indices.flatMap { number in
            let layer = model.layers[number], count = layer.inputs * layer.outputs
            return (0..<count).map { weight.parts[2 * number][head * count + $0] }
                + (0..<layer.outputs).map { weight.parts[2 * number + 1][head * layer.outputs + $0] }
        }
    }

    /// A head's LayerNorm.
    private struct Norm<Number: Arithmetic> {
        let gain, bias: [Number]

        init(_ weight: DefinitionWeight<Number>, head: Int, width: Int) {
            let parts = weight.parts.suffix(2).map { part in (0..<width).map { part[head * width + $0] } }
            (gain, bias) = (parts[0], parts[1])
        }

        func apply(to z: [Number]) -> [Number] {
            let standard = LayerNorm.standardised(z, epsilon: InnerModel.epsilon).values
            return z.indices.map { standard[$0] * gain[$0] + bias[$0] }
        }

        /// The gradient by z of ½‖norm(z) - target‖².
        func gradient(_ z: [Number], target: [Number]) -> [Number] {
            let (standard, scale) = LayerNorm.standardised(z, epsilon: InnerModel.epsilon), share = Number(1 / Double(z.count))
            let d = z.indices.map { (gain[$0] * standard[$0] + bias[$0] - target[$0]) * gain[$0] }
            let mean = d.reduce(Number(0)) { $0 + $1 } * share
            let along = d.indices.reduce(Number(0)) { $0 + d[$1] * standard[$1] } * share
            return d.indices.map { (d[$0] - mean - standard[$0] * along) * scale }
        }
    }

    /// What each layer gives.
    private func outputs<Number: Arithmetic>(_ x: [Number], _ parameters: [Number]) -> [[Number]] {
        var outputs: [[Number]] = []
        for layer in model.layers {
            let x = outputs.last.map { $0.map { $0 * GELU.sigmoid($0) } } ?? x
            outputs.append((0..<layer.outputs).map { column in
                x.indices.reduce(parameters[layer.bias + column]) {
                    $0 + x[$1] * parameters[layer.matrix + $1 * layer.outputs + column]
                }
            })
        }
        return outputs
    }

    private func addGradient<Number: Arithmetic>(
        _ k: [Number], _ v: [Number], _ norm: Norm<Number>, rate: Number, _ parameters: [Number], to sums: inout [Number]
    ) {
        let z = outputs(k, parameters)
        var g = norm.gradient(z[z.count - 1], target: k.indices.map { v[$0] - k[$0] })
        for number in model.layers.indices.reversed() {
            let layer = model.layers[number], x = number == 0 ? k : z[number - 1].map { $0 * GELU.sigmoid($0) }
            let step = g.map { rate * $0 }
            if number > 0 { g = pulledBack(g, through: layer, z[number - 1], parameters) }
            for column in 0..<layer.outputs {
                for row in 0..<layer.inputs {
                    let place = layer.matrix + row * layer.outputs + column
                    sums[place] = sums[place] + x[row] * step[column]
                }
                sums[layer.bias + column] = sums[layer.bias + column] + step[column]
            }
        }
    }

    /// (g Wᵀ) ⊙ gelu'(z), z being what the layer before gives.
    private func pulledBack<Number: Arithmetic>(
        _ g: [Number], through layer: InnerModel.Layer, _ z: [Number], _ parameters: [Number]
    ) -> [Number] {
        z.indices.map { row in
            let back = g.indices.reduce(Number(0)) { $0 + g[$1] * parameters[layer.matrix + row * layer.outputs + $1] }
            return back * slope(z[row])
        }
    }

    /// gelu'(z) = σ + z·σ(1 - σ)·(slope + 3 cube z²).
    private func slope<Number: Arithmetic>(_ z: Number) -> Number {
        let s = GELU.sigmoid(z), steep = Number(Double(GELU.slope)) + Number(Double(3 * GELU.cube)) * (z * z)
        return s + z * (s * (Number(1) - s) * steep)
    }

    func cost(_ inputs: [Form], past: Int) -> Cost {
        let n = model.width, norm = LayerNorm.cost(standardising: n)
        let gradient = norm + Cost(additions: 7 * n, multiplications: 5 * n + 2)
        let answer = norm + Cost(additions: 2 * n, multiplications: n)
        return heads * (gradient + answer + products + activations + Cost(multiplications: 1))
            + Cost(stateBytes: 2 * 2 * heads * model.parameters * MemoryLayout<Float>.size)
    }

    /// Of a head: keys and queries go forward, gradients back behind the first layer, outer products are added up, and a step is taken.
    private var products: Cost {
        model.layers.enumerated().reduce(Cost()) { sum, part in
            let (matrix, all) = (part.element.inputs * part.element.outputs, (part.element.inputs + 1) * part.element.outputs)
            let back = part.offset > 0 ? matrix : 0
            return sum + Cost(
                additions: 2 * matrix + all + all + back, multiplications: 2 * matrix + matrix + part.element.outputs + all + back)
        }
    }

    /// Of a head: gelu of the hidden layer for keys, once for the next layer and once for its gradient, and for queries; its slope.
    private var activations: Cost {
        let gelu = GELU().cost([.floats(model.hidden)], past: 0), hidden = model.hidden
        return 3 * gelu
            + Cost(
                additions: 3 * hidden + 3 * hidden, multiplications: 3 * hidden + 5 * hidden + hidden, divisions: hidden,
                exponentials: hidden)
    }
}
