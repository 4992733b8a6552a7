import Basis
import Learning
import Models

/// Plain language modelling: predict each token from those before it.
public final class LanguageModel: LearningMethod {
    public static let name = "lm"
    public static let options: [PluginOption] = []

    private let trace: Trace
    private let loss: NextToken

    public init(_ bench: Workbench, _ options: PluginOptions) throws {
        trace = try bench.trace(bench.graph)
        loss = NextToken(kernels: bench.kernels, threads: bench.threads)
    }

    public func learn(from batch: Batch) throws -> Measures {
        Measures([("loss", batch.weight * (try loss(batch.texts, trace, weight: batch.weight)))])
    }

    public func evaluate(_ texts: [[Int32]]) throws -> Double { try loss(texts, trace, weight: 0) }
}
