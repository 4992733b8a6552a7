import Models
import Tensors

/// One head's way through a forest of texts, in the dual form (Sun et al. 2024, section 2.5): what a mini-batch has learnt so far is not
/// added up in a matrix, but asked of the rows that it was learnt from,
///
///     f(x; W - s·G) = x W + b - s·Σ r_j (x·x_j + 1) g_j   over the rows j of the mini-batch up to this one,
///
/// in each layer of the inner model. So parameters are kept where a mini-batch ends, and branches share them.
final class HeadForest {
    let loop: InnerLoop
    let head: Head
    let forest: Forest
    /// Queries, keys, values, parts of the learning rate, scales of tokens.
    let inputs: [Rows]
    let kernels: Kernels
    /// Parameters with which mini-batches begin; the first are those with which texts do.
    private(set) var versions: [UnsafeMutablePointer<Float>] = []
    /// Of each row, the number of the parameters with which its mini-batch began, and of those that it leaves behind it, if it ends one.
    private(set) var version: [Int]
    private(set) var committed: [Int]
    private let memory: UnsafeMutablePointer<Float>

    var model: InnerModel { loop.model }
    private var outputs: Int { model.outputs }

    /// What is remembered of each row.
    enum Part: Int, CaseIterable {
        /// Of its key: what each layer gives, gelu of it and σ of that, and the gradient of the inner loss by what each layer gives.
        case z, activations, sigmoids, gradients
        /// Of its query: the same.
        case queryZ, queryActivations, querySigmoids
    }

    init(_ loop: InnerLoop, head: Int, _ weights: [UnsafePointer<Float>], _ forest: Forest, _ inputs: [Rows], _ kernels: Kernels) {
        (self.loop, self.forest, self.inputs, self.kernels) = (loop, forest, inputs, kernels)
        self.head = Head(loop, head, weights)
        (version, committed) = (Array(repeating: 0, count: forest.count), Array(repeating: -1, count: forest.count))
        memory = .allocate(capacity: max(1, Part.allCases.count * forest.count * loop.model.outputs))
        versions.append(.allocate(capacity: loop.model.parameters))
        self.head.copyParameters(to: versions[0])
    }

    deinit {
        memory.deallocate()
        for parameters in versions { parameters.deallocate() }
    }

    func numbers(_ part: Part, _ row: Int) -> UnsafeMutablePointer<Float> {
        memory + (part.rawValue * forest.count + row) * outputs
    }

    /// A row of queries, keys or values, as far as the head has it.
    func input(_ number: Int, _ row: Int) -> UnsafeMutablePointer<Float> { inputs[number][row] + head.number * model.width }

    func rate(_ row: Int) -> Float { Float(loop.rate) * inputs[3][row][head.number] }
    func scale(_ row: Int) -> Float { inputs[4][row][0] }

    /// Calls `body` with the rows of a row's mini-batch up to itself, itself first.
    func eachMember(of row: Int, _ body: (Int) -> Void) {
        var other = row
        for _ in 0...Int(forest.positions[row]) % loop.miniBatch {
            body(other)
            other = Int(forest.parents[other])
        }
    }

    /// What goes into a layer for a row's key, or query.
    func keyInput(_ layer: Int, _ row: Int) -> UnsafePointer<Float> { model.inputs(layer, input(1, row), numbers(.activations, row)) }
    func queryInput(_ layer: Int, _ row: Int) -> UnsafePointer<Float> {
        model.inputs(layer, input(0, row), numbers(.queryActivations, row))
    }
}

// The way forward. Rows come in order, ancestors first.
extension HeadForest {
    /// Finds the parameters and the gradient of a row, and leaves new parameters behind where a mini-batch ends.
    func learn(_ row: Int) {
        let place = Int(forest.positions[row]) % loop.miniBatch, parent = Int(forest.parents[row])
        version[row] = parent < 0 ? 0 : place == 0 ? committed[parent] : version[parent]
        let (parameters, k) = (versions[version[row]], input(1, row)), sigmoids = numbers(.sigmoids, row), z = numbers(.z, row)
        model.forward(k, parameters, z: z, activations: numbers(.activations, row), sigmoids: sigmoids, kernels)
        model.gradient(
            key: k, value: input(2, row), gain: head.gain, bias: head.bias, parameters, z: z, sigmoids: sigmoids,
            g: numbers(.gradients, row))
        if place == loop.miniBatch - 1 { commit(row) }
    }

    /// W - s·Σ r_j x_jᵀ g_j.
    private func commit(_ row: Int) {
        let next = UnsafeMutablePointer<Float>.allocate(capacity: model.parameters)
        next.update(from: versions[version[row]], count: model.parameters)
        eachMember(of: row) { other in
            let factor = -scale(row) * rate(other)
            for (number, layer) in model.layers.enumerated() {
                model.addOuter(layer, keyInput(number, other), numbers(.gradients, other) + layer.place, times: factor, to: next)
            }
        }
        committed[row] = versions.count
        versions.append(next)
    }

    /// What a row's query is answered before the norm, in each layer.
    func ask(_ row: Int) {
        let parameters = versions[version[row]], (activations, sigmoids) = (numbers(.queryActivations, row), numbers(.querySigmoids, row))
        for (number, layer) in model.layers.enumerated() {
            let x = queryInput(number, row), z = numbers(.queryZ, row) + layer.place
            z.update(from: parameters + layer.bias, count: layer.outputs)
            model.multiply(layer, x, by: parameters, to: z)
            eachMember(of: row) { other in
                let likeness = Vectors.dot(x, keyInput(number, other), count: layer.inputs) + 1
                let g = numbers(.gradients, other) + layer.place
                Vectors.add(g, times: -scale(row) * rate(other) * likeness, to: z, count: layer.outputs)
            }
            if number + 1 < model.layers.count { model.activate(layer, z: z, activations: activations, sigmoids: sigmoids, kernels) }
        }
    }

    func answer(_ row: Int, into y: UnsafeMutablePointer<Float>) {
        ask(row)
        model.write(query: input(0, row), z: numbers(.queryZ, row) + model.last.place, gain: head.gain, bias: head.bias, into: y)
    }
}
