import Basis
import Models
import Tensors

/// What a head learns with while the text goes by: Z = X W₁ + b₁, or with a hidden layer Z = gelu(X W₁ + b₁) W₂ + b₂, where X is a row of
/// `width` numbers. Its parameters lie one after the other, W₁ [width, outputs], b₁, W₂, b₂; so do those of all layers' outputs that a row
/// has.
struct InnerModel: Hashable, Sendable {
    let width: Int
    /// Width of the hidden layer; 0 without one.
    let hidden: Int
    let layers: [Layer]

    struct Layer: Hashable, Sendable {
        let inputs, outputs: Int
        /// Where its matrix and its bias begin among the parameters.
        let matrix, bias: Int
        /// Where its outputs begin among those of all layers.
        let place: Int
    }

    static let widthLimit = 1 << 12
    /// In a norm's variance, as the original has it whatever the configuration says.
    static let epsilon: Float = 1e-6

    init(width: Int, hidden: Int) {
        (self.width, self.hidden) = (width, hidden)
        var layers: [Layer] = [], parameters = 0, place = 0
        for (inputs, outputs) in hidden == 0 ? [(width, width)] : [(width, hidden), (hidden, width)] {
            let bias = parameters + inputs * outputs
            layers.append(Layer(inputs: inputs, outputs: outputs, matrix: parameters, bias: bias, place: place))
            (parameters, place) = (bias + outputs, place + outputs)
        }
        self.layers = layers
    }

    /// How many parameters it has.
    var parameters: Int { layers[layers.count - 1].bias + width }
    /// How many numbers all layers give for a row.
    var outputs: Int { layers[layers.count - 1].place + width }
    var last: Layer { layers[layers.count - 1] }
}

// The loops over one row. All rows of floats are of `outputs` numbers, layer after layer.
extension InnerModel {
    typealias Numbers = UnsafePointer<Float>
    typealias MutableNumbers = UnsafeMutablePointer<Float>

    /// What goes into a layer: the row itself, or the activations of the layer before it.
    func inputs(_ layer: Int, _ x: Numbers, _ activations: Numbers) -> Numbers {
        layer == 0 ? x : activations + layers[layer - 1].place
    }

    /// y += x W.
    func multiply(_ layer: Layer, _ x: Numbers, by parameters: Numbers, to y: MutableNumbers) {
        for row in 0..<layer.inputs {
            Vectors.add(parameters + layer.matrix + row * layer.outputs, times: x[row], to: y, count: layer.outputs)
        }
    }

    /// x = y Wᵀ, or x += y Wᵀ.
    func multiplyBack(_ layer: Layer, _ y: Numbers, by parameters: Numbers, into x: MutableNumbers, adding: Bool = false) {
        for row in 0..<layer.inputs {
            let product = Vectors.dot(parameters + layer.matrix + row * layer.outputs, y, count: layer.outputs)
            x[row] = adding ? x[row] + product : product
        }
    }

    /// W += factor · xᵀ y, b += factor · y.
    func addOuter(_ layer: Layer, _ x: Numbers, _ y: Numbers, times factor: Float = 1, to parameters: MutableNumbers) {
        addMatrix(layer, x, y, times: factor, to: parameters)
        Vectors.add(y, times: factor, to: parameters + layer.bias, count: layer.outputs)
    }

    /// W += factor · xᵀ y.
    func addMatrix(_ layer: Layer, _ x: Numbers, _ y: Numbers, times factor: Float = 1, to parameters: MutableNumbers) {
        for row in 0..<layer.inputs {
            Vectors.add(y, times: factor * x[row], to: parameters + layer.matrix + row * layer.outputs, count: layer.outputs)
        }
    }

    /// The outputs z of every layer for the row x, and gelu(z), with σ of gelu, where another layer follows.
    func forward(
        _ x: Numbers, _ parameters: Numbers, z: MutableNumbers, activations: MutableNumbers, sigmoids: MutableNumbers, _ kernels: Kernels
    ) {
        for (number, layer) in layers.enumerated() {
            let z = z + layer.place
            z.update(from: parameters + layer.bias, count: layer.outputs)
            multiply(layer, inputs(number, x, activations), by: parameters, to: z)
            if number + 1 < layers.count { activate(layer, z: z, activations: activations, sigmoids: sigmoids, kernels) }
        }
    }

    /// gelu(z) and σ of it, for the outputs of one layer.
    func activate(_ layer: Layer, z: Numbers, activations: MutableNumbers, sigmoids: MutableNumbers, _ kernels: Kernels) {
        let (a, s) = (activations + layer.place, sigmoids + layer.place)
        GELU.sigmoids(z, width: layer.outputs, into: s, kernels)
        for index in 0..<layer.outputs { a[index] = z[index] * s[index] }
    }

    /// The gradient g by each layer's outputs of ½‖norm(z) - (v - k)‖², norm being that of the last layer with `gain` and `bias`.
    func gradient(
        key: Numbers, value: Numbers, gain: Numbers, bias: Numbers, _ parameters: Numbers, z: Numbers, sigmoids: Numbers,
        g: MutableNumbers
    ) {
        let n = width, last = last
        withScratch(2 * n) { standard in
            let d = standard + n
            let scale = LayerNorm.standardise(z + last.place, width: n, epsilon: Self.epsilon, into: standard)
            for index in 0..<n { d[index] = (gain[index] * standard[index] + bias[index] - (value[index] - key[index])) * gain[index] }
            (g + last.place).update(repeating: 0, count: n)
            LayerNorm.pullStandardised(d, standard, scale: scale, width: n, to: g + last.place)
        }
        for number in layers.indices.dropFirst().reversed() {
            let before = layers[number - 1], own = g + before.place, (z, s) = (z + before.place, sigmoids + before.place)
            multiplyBack(layers[number], g + layers[number].place, by: parameters, into: own)
            for index in 0..<before.outputs { own[index] *= GELU.derivative(z[index], sigmoid: s[index]) }
        }
    }

    /// y = q + norm(z) with `gain` and `bias`.
    func write(query: Numbers, z: Numbers, gain: Numbers, bias: Numbers, into y: MutableNumbers) {
        withScratch(width) { standard in
            _ = LayerNorm.standardise(z, width: width, epsilon: Self.epsilon, into: standard)
            for index in 0..<width { y[index] = query[index] + (standard[index] * gain[index] + bias[index]) }
        }
    }
}
