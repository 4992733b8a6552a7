import Basis
import Generation
import Models
import Tensors

/// Compares models with one that stays the same, on some texts.
public final class Judge {
    private let reference: Machine
    private let texts: [ScoredText]

    /// The texts have to have tokens to predict.
    public init(_ graph: Graph, _ tensors: any TensorSource, texts: [[Int32]], _ kernels: Kernels, _ threads: ThreadPool) throws {
        self.texts = texts.filter { $0.count > 1 }.map { ScoredText($0) }
        guard !self.texts.isEmpty else { throw Failure("there is no text to compare models on") }
        reference = try Judge.machine(graph, tensors, kernels, threads)
    }

    private static func machine(_ graph: Graph, _ tensors: any TensorSource, _ kernels: Kernels, _ threads: ThreadPool) throws -> Machine {
        try Machine(graph, Weights(graph, from: tensors, kernels: kernels, threads: threads), kernels: kernels, threads: threads)
    }

    /// What the same graph with other weights gives: means over all tokens, in nats, of the divergence from the model's distributions,
    /// and of the negative logarithm of the token's probability.
    public func verdict(on tensors: any TensorSource) throws -> (divergence: Double, loss: Double) {
        let machine = try Judge.machine(reference.graph, tensors, reference.kernels, reference.threads)
        let scorer = try PairScorer(reference: (reference, reference.graph.session), model: (machine, machine.graph.session))
        var divergence = 0.0, loss = 0.0, count = 0
        for text in texts {
            for score in try scorer.scores(of: [text]).joined() {
                (divergence, loss, count) = (divergence + score.divergence, loss - score.model.logProbability, count + 1)
            }
        }
        return (divergence / Double(max(1, count)), loss / Double(max(1, count)))
    }
}
