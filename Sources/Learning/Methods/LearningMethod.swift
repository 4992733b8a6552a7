import Basis
import Models
import Tensors

/// A plugin that says what a model is to learn from a text: the loss, and how its gradients come about.
public protocol LearningMethod: AnyObject {
    /// The name that `--method` takes: `lm`.
    static var name: String { get }
    /// What it can be told.
    static var options: [PluginOption] { get }

    /// Prepares to train the model of `bench`.
    init(_ bench: Workbench, _ options: PluginOptions) throws

    /// Runs a batch and adds the gradient of its loss to those of the latent weights.
    func learn(from batch: Batch) throws -> Measures

    /// The loss of texts that nothing is learnt from, summed over all predicted tokens: what `Batch.predicted` counts.
    func evaluate(_ texts: [[Int32]]) throws -> Double
}

/// Texts, or parts of such, to learn from in one pass.
public struct Batch {
    public let texts: [[Int32]]
    /// What the gradient of each predicted token's loss is multiplied by: 1 / the tokens that are predicted in the whole step.
    public let weight: Double
    /// For draws: follows from the run's seed and the batch's number.
    public let seed: UInt64

    public init(texts: [[Int32]], weight: Double, seed: UInt64) { (self.texts, self.weight, self.seed) = (texts, weight, seed) }

    /// All tokens but the first of each text.
    public static func predicted(_ texts: [[Int32]]) -> Int { texts.reduce(0) { $0 + max(0, $1.count - 1) } }
}

/// Numbers that a method reports of a step: shares that add up over its batches. The first is the loss.
public struct Measures: Hashable, Sendable {
    public private(set) var values: [(name: String, value: Double)]

    public init(_ values: [(name: String, value: Double)]) { self.values = values }

    public var loss: Double { values.first?.value ?? 0 }

    public mutating func add(_ other: Measures) {
        if values.isEmpty { return values = other.values }
        for index in values.indices { values[index].value += other.values[index].value }
    }

    public static func == (a: Measures, b: Measures) -> Bool { a.values.elementsEqual(b.values, by: ==) }
    public func hash(into hasher: inout Hasher) { for (name, value) in values { hasher.combine(name); hasher.combine(value) } }
}

/// What a method works with: the model as it is trained, and the machine.
public struct Workbench {
    public let graph: Graph
    public let latents: Latents
    public let quantiser: any Quantiser.Type
    public let products: any FloatProducts
    public let kernels: Kernels
    public let threads: ThreadPool
    /// How many bytes of activations to remember at most, where that can be chosen.
    public let memoryLimit: Int

    public init(
        graph: Graph, latents: Latents, quantiser: any Quantiser.Type, products: any FloatProducts, kernels: Kernels, threads: ThreadPool,
        memoryLimit: Int
    ) {
        (self.graph, self.latents, self.quantiser) = (graph, latents, quantiser)
        (self.products, self.kernels, self.threads, self.memoryLimit) = (products, kernels, threads, memoryLimit)
    }

    /// For runs of `graph`, which is the model's or has weights of its.
    public func trace(_ graph: Graph) throws -> Trace {
        try Trace(graph, latents, quantiser: quantiser, products: products, kernels: kernels, threads: threads,
            memoryLimit: memoryLimit)
    }
}
