import Models
import Tensors

/// The way back of a `HeadForest` that has been gone through: rows in the order opposite to that in which they came, so that what comes
/// after a row has said all it has to say of it.
final class HeadAdjoint {
    private let way: HeadForest
    /// Of the loss: by the answers, by the inputs, by the weights, and by the scale of each row.
    private let above: Rows
    private let below: [Rows]
    private let weights: [UnsafeMutablePointer<Float>]
    private let scales: UnsafeMutablePointer<Float>
    /// By the parameters with which mini-batches begin.
    private let versions: [UnsafeMutablePointer<Float>]
    /// By each row's inner gradient, and by the activations of its key.
    private let gradients, activations: UnsafeMutablePointer<Float>
    private let norm: (gain: UnsafeMutablePointer<Float>, bias: UnsafeMutablePointer<Float>)

    private var model: InnerModel { way.model }
    private var outputs: Int { way.model.outputs }

    init(
        _ way: HeadForest, _ above: Rows, _ below: [Rows], _ weights: [UnsafeMutablePointer<Float>], scales: UnsafeMutablePointer<Float>
    ) {
        (self.way, self.above, self.below, self.weights, self.scales) = (way, above, below, weights, scales)
        func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
            let memory = UnsafeMutablePointer<Float>.allocate(capacity: max(1, count))
            memory.initialize(repeating: 0, count: max(1, count))
            return memory
        }
        let (rows, model) = (way.forest.count, way.model)
        versions = way.versions.map { _ in zeros(model.parameters) }
        (gradients, activations) = (zeros(rows * model.outputs), zeros(rows * model.outputs))
        let place = way.head.number * model.width
        norm = (weights[weights.count - 2] + place, weights[weights.count - 1] + place)
    }

    deinit {
        for memory in versions + [gradients, activations] { memory.deallocate() }
    }

    /// Adds to all gradients.
    func pull() {
        for row in (0..<way.forest.count).reversed() {
            if way.committed[row] >= 0 { pullCommit(row) }
            pullAnswer(row)
            pullGradient(row)
        }
        for (number, layer) in model.layers.enumerated() {
            let count = layer.inputs * layer.outputs, head = way.head.number
            Vectors.add(versions[0] + layer.matrix, to: weights[2 * number] + head * count, count: count)
            Vectors.add(versions[0] + layer.bias, to: weights[2 * number + 1] + head * layer.outputs, count: layer.outputs)
        }
    }

    private func gradient(_ row: Int, _ layer: InnerModel.Layer) -> UnsafeMutablePointer<Float> { gradients + row * outputs + layer.place }

    private func input(_ number: Int, _ row: Int) -> UnsafeMutablePointer<Float> { below[number][row] + way.head.number * model.width }

    /// By what goes into a layer for a row's key.
    private func keyInput(_ layer: Int, _ row: Int) -> UnsafeMutablePointer<Float> {
        layer == 0 ? input(1, row) : activations + row * outputs + model.layers[layer - 1].place
    }

    /// A step of a row's answer or commit was -scale·rate·amount: what its factors get of `slope`, the gradient by it.
    private func pullStep(_ row: Int, _ other: Int, _ slope: Float) {
        scales[row] -= way.rate(other) * slope
        below[3][other][way.head.number] -= Float(way.loop.rate) * way.scale(row) * slope
    }
}

extension HeadAdjoint {
    /// Of W' = W - s·Σ r_j x_jᵀ g_j, given D by W': D by W; with u_j = x_j D (and D's bias), -s·r_j·u_j by g_j, and -s·r_j·g_j Dᵀ by x_j.
    private func pullCommit(_ row: Int) {
        let d = versions[way.committed[row]]
        Vectors.add(d, to: versions[way.version[row]], count: model.parameters)
        way.eachMember(of: row) { other in
            let factor = -way.scale(row) * way.rate(other)
            for (number, layer) in model.layers.enumerated() {
                let x = way.keyInput(number, other), g = way.numbers(.gradients, other) + layer.place
                withScratch(layer.outputs + layer.inputs) { u in
                    let back = u + layer.outputs
                    u.update(from: d + layer.bias, count: layer.outputs)
                    model.multiply(layer, x, by: d, to: u)
                    pullStep(row, other, Vectors.dot(u, g, count: layer.outputs))
                    Vectors.add(u, times: factor, to: gradient(other, layer), count: layer.outputs)
                    model.multiplyBack(layer, g, by: d, into: back)
                    Vectors.add(back, times: factor, to: keyInput(number, other), count: layer.inputs)
                }
            }
        }
    }

    private func pullAnswer(_ row: Int) {
        let width = model.width, dy = above[row] + way.head.number * width, z = way.numbers(.queryZ, row), last = model.last
        Vectors.add(dy, to: input(0, row), count: width)
        withScratch(outputs) { dz in
            dz.update(repeating: 0, count: outputs)
            withScratch(2 * width) { standard in
                let own = standard + width
                let scale = LayerNorm.standardise(z + last.place, width: width, epsilon: InnerModel.epsilon, into: standard)
                for index in 0..<width {
                    norm.gain[index] += dy[index] * standard[index]
                    own[index] = dy[index] * way.head.gain[index]
                }
                Vectors.add(dy, to: norm.bias, count: width)
                LayerNorm.pullStandardised(own, standard, scale: scale, width: width, to: dz + last.place)
            }
            for number in model.layers.indices.reversed() { pullAsked(row, number, dz) }
        }
    }

    /// Of z = x W + b - s·Σ r_j (x·x_j + 1) g_j in one layer; leaves what the layer before gets in `all`.
    private func pullAsked(_ row: Int, _ number: Int, _ all: UnsafeMutablePointer<Float>) {
        let layer = model.layers[number], dz = all + layer.place, x = way.queryInput(number, row), version = way.version[row]
        model.addOuter(layer, x, dz, to: versions[version])
        withScratch(layer.inputs) { dx in
            model.multiplyBack(layer, dz, by: way.versions[version], into: dx)
            way.eachMember(of: row) { other in
                let key = way.keyInput(number, other), g = way.numbers(.gradients, other) + layer.place
                let along = Vectors.dot(dz, g, count: layer.outputs), likeness = Vectors.dot(x, key, count: layer.inputs) + 1
                let factor = -way.scale(row) * way.rate(other)
                pullStep(row, other, likeness * along)
                Vectors.add(dz, times: factor * likeness, to: gradient(other, layer), count: layer.outputs)
                Vectors.add(key, times: factor * along, to: dx, count: layer.inputs)
                Vectors.add(x, times: factor * along, to: keyInput(number, other), count: layer.inputs)
            }
            guard number > 0 else { return Vectors.add(dx, to: input(0, row), count: layer.inputs) }
            let place = model.layers[number - 1].place, z = way.numbers(.queryZ, row) + place
            let sigmoids = way.numbers(.querySigmoids, row) + place
            for index in 0..<layer.inputs { all[place + index] += dx[index] * GELU.derivative(z[index], sigmoid: sigmoids[index]) }
        }
    }
}

// Through the inner gradient, which is a function of the key, the value and the parameters.
extension HeadAdjoint {
    private func pullGradient(_ row: Int) {
        withScratch(outputs) { dz in
            dz.update(repeating: 0, count: outputs)
            for number in model.layers.indices.dropLast() { pullBackProduct(row, number, dz) }
            pullLoss(row, dz + model.last.place)
            for number in model.layers.indices.reversed() { pullForward(row, number, dz) }
        }
    }

    /// Of g = (g' W'ᵀ) ⊙ gelu'(z), where g' and W' are of the layer behind.
    private func pullBackProduct(_ row: Int, _ number: Int, _ dz: UnsafeMutablePointer<Float>) {
        let layer = model.layers[number], next = model.layers[number + 1], version = way.version[row]
        let z = way.numbers(.z, row) + layer.place, sigmoids = way.numbers(.sigmoids, row) + layer.place
        let later = way.numbers(.gradients, row) + next.place, dg = gradient(row, layer)
        withScratch(layer.outputs) { product in
            model.multiplyBack(next, later, by: way.versions[version], into: product)
            for index in 0..<layer.outputs {
                dz[layer.place + index] += dg[index] * product[index] * GELU.secondDerivative(z[index], sigmoid: sigmoids[index])
                product[index] = dg[index] * GELU.derivative(z[index], sigmoid: sigmoids[index])
            }
            model.multiply(next, product, by: way.versions[version], to: gradient(row, next))
            model.addMatrix(next, product, later, to: versions[version])
        }
    }

    /// Of g = (d - mean(d) - x·mean(d·x))/σ with x = (z - μ)/σ and d = (γ x + β - (v - k))·γ.
    private func pullLoss(_ row: Int, _ dz: UnsafeMutablePointer<Float>) {
        let n = model.width, dg = gradient(row, model.last), g = way.numbers(.gradients, row) + model.last.place
        let (k, v) = (way.input(1, row), way.input(2, row)), (dk, dv) = (input(1, row), input(2, row))
        let (gain, bias) = (way.head.gain, way.head.bias)
        withScratch(4 * n) { x in
            let (d, dd, dx) = (x + n, x + 2 * n, x + 3 * n)
            let r = LayerNorm.standardise(way.numbers(.z, row) + model.last.place, width: n, epsilon: InnerModel.epsilon, into: x)
            for index in 0..<n { d[index] = (gain[index] * x[index] + bias[index] - (v[index] - k[index])) * gain[index] }
            dd.update(repeating: 0, count: n)
            LayerNorm.pullStandardised(dg, x, scale: r, width: n, to: dd)
            let alongD = Vectors.dot(d, x, count: n) / Float(n), alongG = Vectors.dot(dg, x, count: n) / Float(n)
            for index in 0..<n {
                let error = gain[index] * x[index] + bias[index] - (v[index] - k[index])
                dx[index] = -r * (alongD * dg[index] + alongG * d[index]) + dd[index] * gain[index] * gain[index]
                norm.gain[index] += dd[index] * (error + gain[index] * x[index])
                norm.bias[index] += dd[index] * gain[index]
                dv[index] -= dd[index] * gain[index]
                dk[index] += dd[index] * gain[index]
            }
            LayerNorm.pullStandardised(dx, x, scale: r, width: n, to: dz)
            // What the 1/σ outside says of σ.
            Vectors.add(x, times: -r * Vectors.dot(dg, g, count: n) / Float(n), to: dz, count: n)
        }
    }

    /// Of z = x W + b in one layer, where x is gelu of what the layer before gives.
    private func pullForward(_ row: Int, _ number: Int, _ all: UnsafeMutablePointer<Float>) {
        let layer = model.layers[number], dz = all + layer.place, dx = keyInput(number, row), version = way.version[row]
        model.addOuter(layer, way.keyInput(number, row), dz, to: versions[version])
        model.multiplyBack(layer, dz, by: way.versions[version], into: dx, adding: true)
        guard number > 0 else { return }
        let place = model.layers[number - 1].place, z = way.numbers(.z, row) + place, sigmoids = way.numbers(.sigmoids, row) + place
        for index in 0..<layer.inputs { all[place + index] += dx[index] * GELU.derivative(z[index], sigmoid: sigmoids[index]) }
    }
}
