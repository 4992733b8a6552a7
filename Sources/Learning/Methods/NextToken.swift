import Models
import Tensors

/// The loss of a language model: -log p(token | tokens before it) of all tokens but the first of each text, in nats.
public struct NextToken {
    private let loss: CrossEntropy

    public init(kernels: Kernels, threads: ThreadPool) { loss = CrossEntropy(kernels: kernels, threads: threads) }

    /// Runs the texts; returns the sum of their losses, `weight` times whose gradient is added to the latent weights'. A weight of 0
    /// leaves those alone.
    public func callAsFunction(_ texts: [[Int32]], _ trace: Trace, weight: Double) throws -> Double {
        let inputs = texts.map { $0.dropLast() }, rows = inputs.reduce(0) { $0 + $1.count }
        guard rows > 0 else { return 0 }
        try trace.begin(rows: rows)
        let logits = try trace.extend { forest in for text in inputs { forest.add(text: text) } }
        let targets = texts.flatMap { $0.dropFirst() }
        guard weight != 0 else { return loss(logits, targets: targets).reduce(0, +) }
        var losses: [Double] = []
        let weights = [Float](repeating: Float(weight), count: targets.count)
        trace.pull { losses = loss(logits, targets: targets, weights: weights, gradient: $0) }
        return losses.reduce(0, +)
    }
}
