import Basis
import Models
import Tensors
import Tokens

/// A plugin that says what a model is to learn from a text: the loss, and how its gradients come about.
public protocol LearningMethod: AnyObject {
    /// The name that `--method` takes: `lm`.
    static var name: String { get }
    /// What it can be told.
    static var options: [PluginOption] { get }

    /// Operations that models need which it has taught.
    static var operations: [any Operation.Type] { get }

    /// What config.json says under `thinking` of a model that it teaches, where it gives models anything that they lack; of a model that
    /// has that already, too.
    static func thinking(_ options: PluginOptions, _ subject: MethodSubject) throws -> JSON?

    /// The graph of such a model, from what its family makes of config.json.
    static func graph(_ graph: Graph, thinking: JSON) throws -> Graph

    /// What a weight begins with that a model lacks; all others are there.
    static func initialValues(of weight: Weight, _ latents: Latents, thinking: JSON) throws -> InitialValues

    /// Prepares to train the model of `bench`.
    init(_ bench: Workbench, _ options: PluginOptions) throws

    /// Runs a batch and adds the gradient of its loss to those of the latent weights. What the parts of a pass give adds up to what the
    /// whole pass gives.
    func learn(from batch: Batch) throws -> Measures

    /// The loss of texts that nothing is learnt from, summed over all predicted tokens: what `Batch.predicted` counts.
    func evaluate(_ texts: [[Int32]]) throws -> Double
}

extension LearningMethod {
    public static var operations: [any Operation.Type] { [] }
    public static func thinking(_ options: PluginOptions, _ subject: MethodSubject) throws -> JSON? { nil }
    public static func graph(_ graph: Graph, thinking: JSON) throws -> Graph { graph }

    public static func initialValues(of weight: Weight, _ latents: Latents, thinking: JSON) throws -> InitialValues {
        throw Failure("tensor '\(weight.source)' is missing")
    }
}

/// A model that a method is asked to teach.
public struct MethodSubject {
    /// Without what the method adds.
    public let graph: Graph
    public let configuration: JSON
    private let tokenizer: Tokenizer?

    public init(graph: Graph, configuration: JSON, tokenizer: Tokenizer?) {
        (self.graph, self.configuration, self.tokenizer) = (graph, configuration, tokenizer)
    }

    /// The first token of a text; `#` and a number is that token.
    public func token(_ text: String) throws -> Int {
        Int(try SpelledTokens(text, tokenizer, vocabulary: graph.outputWidth).tokens[0])
    }
}

/// Texts, or parts of such, to learn from in one pass.
public struct Batch {
    public let texts: [[Int32]]
    /// The lengths of all texts of the pass, of which other processes may have some: what is a mean over a pass is one over these.
    public let lengths: [Int]
    /// Where in them the first of `texts` is.
    public let first: Int
    /// What the gradient of each predicted token's loss is multiplied by: 1 / the tokens that are predicted in the whole step.
    public let weight: Double
    /// For draws: follows from the run's seed and the batch's number.
    public let seed: UInt64

    /// This process' part of a pass.
    public init(_ part: Range<Int>, of texts: [[Int32]], weight: Double, seed: UInt64) {
        (self.texts, lengths, first) = (Array(texts[part]), texts.map(\.count), part.lowerBound)
        (self.weight, self.seed) = (weight, seed)
    }

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

    /// The same measures summed over all processes.
    func summed(over group: any ProcessGroup) throws -> Measures {
        Measures(Array(zip(values.map(\.name), try group.sum(values.map(\.value)))))
    }

    public static func == (a: Measures, b: Measures) -> Bool { a.values.elementsEqual(b.values, by: ==) }
    public func hash(into hasher: inout Hasher) { for (name, value) in values { hasher.combine(name); hasher.combine(value) } }
}

/// What a method works with: the model as it is trained, and the machine.
public struct Workbench {
    public let graph: Graph
    /// config.json.
    public let configuration: JSON
    public let tokenizer: Tokenizer?
    /// The token that ends a document; nil if there is none.
    public let separator: Int32?
    public let latents: Latents
    public let quantiser: any Quantiser.Type
    public let products: any FloatProducts
    public let kernels: Kernels
    public let threads: ThreadPool
    /// How many bytes of activations to remember at most, where that can be chosen.
    public let memoryLimit: Int

    public init(
        graph: Graph, configuration: JSON, tokenizer: Tokenizer? = nil, separator: Int32? = nil, latents: Latents,
        quantiser: any Quantiser.Type, products: any FloatProducts, kernels: Kernels, threads: ThreadPool, memoryLimit: Int
    ) {
        (self.graph, self.configuration, self.latents, self.quantiser) = (graph, configuration, latents, quantiser)
        (self.tokenizer, self.separator) = (tokenizer, separator)
        (self.products, self.kernels, self.threads, self.memoryLimit) = (products, kernels, threads, memoryLimit)
    }

    /// For runs of `graph`, which is the model's or has weights of its.
    public func trace(_ graph: Graph) throws -> Trace {
        try Trace(graph, latents, quantiser: quantiser, products: products, kernels: kernels, threads: threads,
            memoryLimit: memoryLimit)
    }
}
