import Models
import Tensors

/// The loss of a language model: the mean over all tokens but the first of each text of -log p(token | tokens before it), in nats.
public struct NextToken {
    private let loss: CrossEntropy

    public init(kernels: Kernels, threads: ThreadPool) { loss = CrossEntropy(kernels: kernels, threads: threads) }

    /// Runs the texts and adds `weight` times the gradient of their mean loss to the latent weights'; returns the mean loss.
    public func callAsFunction(_ texts: [[Int32]], _ trace: Trace, weight: Float = 1) throws -> Double {
        let inputs = texts.map { $0.dropLast() }, rows = inputs.reduce(0) { $0 + $1.count }
        guard rows > 0 else { return 0 }
        try trace.begin(rows: rows)
        let logits = try trace.extend { forest in for text in inputs { forest.add(text: text) } }
        let targets = texts.flatMap { $0.dropFirst() }
        var losses: [Double] = []
        trace.pull { losses = loss(logits, targets: targets, weight: weight / Float(rows), gradient: $0) }
        return losses.reduce(0, +) / Double(rows)
    }
}
