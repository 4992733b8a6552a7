import Basis
import Models
import Tensors

/// The inner loop of test-time training (Sun et al. 2024, sections 2.1 to 2.6): each head has an inner model, and with every token takes a
/// step of gradient descent towards saying v - k when it is asked k; then it is asked q.
///
/// In a mini-batch all gradients are taken at the parameters W with which it began. For the token that is i-th of it, with g the gradient
/// of ½‖norm(f(k; W)) - (v - k)‖² by W:
///
///     G ← G + rate · r · g          r is what the head takes of the learning rate
///     y = q + norm(f(q; W - s·G))   s is the token's scale
///     W ← W - s·G, G ← 0            after the last token of a mini-batch
///
/// Inputs: q, k, v, [heads] of r, [1] of s. The state is W and G of each head, in float32. The dual form, which goes over a mini-batch at
/// once, adds in another order than a token alone does, and so cannot give the same bits from this state; training uses it (`HeadForest`).
struct InnerLoop: Operation {
    static let name = "ttt.inner-loop"
    /// What the names of its tensors begin with.
    let scope: String
    let heads: Int
    let model: InnerModel
    let miniBatch: Int
    let rate: Double

    static let miniBatchLimit = 1 << 12
    static let headLimit = 1 << 12

    init(scope: String, heads: Int, model: InnerModel, miniBatch: Int, rate: Double) {
        (self.scope, self.heads, self.model, self.miniBatch, self.rate) = (scope, heads, model, miniBatch, rate)
    }

    init(attributes: AttributeReader) throws {
        try attributes.only("scope", "heads", "width", "hidden", "mini-batch", "rate")
        let model = InnerModel(
            width: try attributes.integer("width", in: 1...InnerModel.widthLimit),
            hidden: try attributes.integer("hidden", in: 0...4 * InnerModel.widthLimit, default: 0))
        self.init(
            scope: try attributes.string("scope"), heads: try attributes.integer("heads", in: 1...InnerLoop.headLimit), model: model,
            miniBatch: try attributes.integer("mini-batch", in: 1...InnerLoop.miniBatchLimit), rate: try attributes.positive("rate"))
    }

    var attributes: JSONObject {
        var result: JSONObject = ["scope": .string(scope), "heads": .integer(heads), "width": .integer(model.width)]
        if model.hidden > 0 { result["hidden"] = .integer(model.hidden) }
        result["mini-batch"] = .integer(miniBatch)
        result["rate"] = .number(rate)
        return result
    }

    /// W₁, b₁ (W₂, b₂), then the norm's gain and bias.
    var weights: [Weight] {
        let inner = model.layers.enumerated().flatMap { number, layer in
            [
                Weight("\(scope)W\(number + 1)", shape: [heads, layer.inputs, layer.outputs], kind: .dense),
                Weight("\(scope)b\(number + 1)", shape: [heads, 1, layer.outputs], kind: .dense),
            ]
        }
        return inner + ["weight", "bias"].map { Weight("\(scope)ttt_norm_\($0)", shape: [heads, model.width], kind: .dense) }
    }

    var memory: Memory { .floats(2 * heads * model.parameters) }
    var readsTokens: Bool { true }

    func form(of inputs: [Form]) throws -> Form {
        let width = heads * model.width
        let expected: [Form] = [.floats(width), .floats(width), .floats(width), .floats(heads), .floats(1)]
        guard inputs == expected else { throw Failure("takes inputs of \(expected), has \(inputs)") }
        return .floats(width)
    }

    /// Sessions do not touch each other, and neither do the heads of one.
    func run(_ inputs: [Rows], _ output: Rows, _ context: borrowing RunContext) {
        let states = context.floatStates, segments = context.segments, (weights, kernels) = (context.parameter.parts, context.kernels)
        context.threads.parallel(segments.count * heads) { part in
            for job in part {
                let (segment, head) = (segments[job / heads], job % heads)
                let state = states[job / heads] + 2 * head * model.parameters
                run(Head(self, head, weights), segment, state, inputs, output, kernels)
            }
        }
    }

    private func run(
        _ head: Head, _ segment: Segment, _ state: UnsafeMutablePointer<Float>, _ inputs: [Rows], _ output: Rows, _ kernels: Kernels
    ) {
        let sums = state + model.parameters
        if segment.position == 0 {
            head.copyParameters(to: state)
            sums.update(repeating: 0, count: model.parameters)
        }
        withScratch(Learner.size(model)) { scratch in
            let learner = Learner(model, scratch, kernels)
            for (index, row) in segment.rows.enumerated() {
                let place = head.number * model.width, scale = inputs[4][row][0]
                let (q, k, v) = (inputs[0][row] + place, inputs[1][row] + place, inputs[2][row] + place)
                learner.learn(k, v, head, rate: Float(rate) * inputs[3][row][head.number], parameters: state, sums: sums)
                learner.answer(q, head, scale: scale, parameters: state, sums: sums, into: output[row] + place)
                guard (segment.position + index) % miniBatch == miniBatch - 1 else { continue }
                Vectors.add(sums, times: -scale, to: state, count: model.parameters)
                sums.update(repeating: 0, count: model.parameters)
            }
        }
    }
}

/// What a head begins with and how it is judged.
struct Head {
    let number: Int
    private let model: InnerModel
    private let weights: [UnsafePointer<Float>]

    /// `weights` in the order of `InnerLoop.weights`.
    init(_ loop: InnerLoop, _ number: Int, _ weights: [UnsafePointer<Float>]) {
        (self.number, model, self.weights) = (number, loop.model, weights)
    }

    var gain: UnsafePointer<Float> { weights[weights.count - 2] + number * model.width }
    var bias: UnsafePointer<Float> { weights[weights.count - 1] + number * model.width }

    /// The parameters at the beginning of a text.
    func copyParameters(to parameters: UnsafeMutablePointer<Float>) {
        for (index, layer) in model.layers.enumerated() {
            let count = layer.inputs * layer.outputs
            (parameters + layer.matrix).update(from: weights[2 * index] + number * count, count: count)
            (parameters + layer.bias).update(from: weights[2 * index + 1] + number * layer.outputs, count: layer.outputs)
        }
    }
}

/// The loop's two halves for one token and head, with room for what they need.
struct Learner {
    private let model: InnerModel
    private let kernels: Kernels
    private let z, activations, sigmoids, g: UnsafeMutablePointer<Float>

    static func size(_ model: InnerModel) -> Int { 4 * model.outputs }

    init(_ model: InnerModel, _ memory: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
        (self.model, self.kernels) = (model, kernels)
        (z, activations) = (memory, memory + model.outputs)
        (sigmoids, g) = (memory + 2 * model.outputs, memory + 3 * model.outputs)
    }

    /// G += rate · g.
    func learn(
        _ k: UnsafePointer<Float>, _ v: UnsafePointer<Float>, _ head: Head, rate: Float, parameters: UnsafePointer<Float>,
        sums: UnsafeMutablePointer<Float>
    ) {
        model.forward(k, parameters, z: z, activations: activations, sigmoids: sigmoids, kernels)
        model.gradient(key: k, value: v, gain: head.gain, bias: head.bias, parameters, z: z, sigmoids: sigmoids, g: g)
        for (number, layer) in model.layers.enumerated() {
            model.addOuter(layer, model.inputs(number, k, activations), g + layer.place, times: rate, to: sums)
        }
    }

    /// y = q + norm(f(q; W - scale·G)); what is not W is subtracted from what W gives.
    func answer(
        _ q: UnsafePointer<Float>, _ head: Head, scale: Float, parameters: UnsafePointer<Float>, sums: UnsafePointer<Float>,
        into y: UnsafeMutablePointer<Float>
    ) {
        for (number, layer) in model.layers.enumerated() {
            let x = model.inputs(number, q, activations), (z, step) = (z + layer.place, g + layer.place)
            z.update(from: parameters + layer.bias, count: layer.outputs)
            model.multiply(layer, x, by: parameters, to: z)
            step.update(from: sums + layer.bias, count: layer.outputs)
            model.multiply(layer, x, by: sums, to: step)
            Vectors.add(step, times: -scale, to: z, count: layer.outputs)
            if number + 1 < model.layers.count {
                model.activate(layer, z: z, activations: activations, sigmoids: sigmoids, kernels)
            }
        }
        model.write(query: q, z: z + model.last.place, gain: head.gain, bias: head.bias, into: y)
    }
}
