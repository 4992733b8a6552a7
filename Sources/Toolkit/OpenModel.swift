import Basis
import Catalog
import Learning
import Models
import Tensors
import Tokens

/// A model that a command line named, opened: its checkpoint, its graph and what is needed to run it.
public struct OpenModel {
    /// As the command line named it.
    public let argument: String
    public let checkpoint: Checkpoint
    public let graph: Graph
    /// Nil for a container of a family that this version does not know; its graph is enough to run it.
    public let family: (any ModelFamily.Type)?

    /// `layout` is what `--layout` says.
    public init(_ argument: String, layout: String? = nil, threads: ThreadPool) throws {
        self.argument = argument
        checkpoint = try OpenModel.checkpoint(argument, layout, threads)
        (graph, family) = try naming(argument == "-" ? "standard input" : argument) { [checkpoint] in
            try OpenModel.graph(of: checkpoint)
        }
    }

    private static func checkpoint(_ argument: String, _ layout: String?, _ threads: ThreadPool) throws -> Checkpoint {
        if let shape = try PublishedShape(argument: argument) { return try shape.checkpoint(threads) }
        for format in Catalog.formats {
            if let checkpoint = try format.open(argument, layout: layout, threads) { return checkpoint }
        }
        throw Failure("'\(argument)' is no model")
    }

    /// The graph that the file carries, or else the one that its family makes of config.json.
    private static func graph(of checkpoint: Checkpoint) throws -> (Graph, (any ModelFamily.Type)?) {
        if let graph = checkpoint.graph {
            let family = (try? checkpoint.configuration()).flatMap(Catalog.anyFamily)
            return (try Graph(json: graph, operations: Catalog.operations), family)
        }
        let configuration = try checkpoint.configuration(), family = try Catalog.knownFamily(of: configuration)
        return (try Catalog.graph(family, configuration), family)
    }

    /// The tensors in container form: as they are, or made ternary on the way by the rule that the family's models are trained with.
    /// `tables` says what tables of floats become; nil leaves them as they are.
    public func containerTensors(
        _ kernels: Kernels, _ threads: ThreadPool, tables: IntegerBits? = nil
    ) throws -> any TensorSource {
        guard tables != nil || TernarySource.isNeeded(for: checkpoint.tensors, graph) else { return checkpoint.tensors }
        return try TernarySource(
            checkpoint.tensors, graph: graph, quantiser: quantiser, tables: tables, kernels: kernels, threads: threads)
    }

    /// The name of the rule that makes its matrices ternary, where they are: of models of unknown families, the usual one.
    var method: String { get throws { try Catalog.quantiserName(of: family, (try? checkpoint.configuration()) ?? .null) } }

    /// The rule of that name.
    public var quantiser: any Quantiser.Type { get throws { try Catalog.quantiser(method) } }

    /// Whether it multiplies by trits; in a model of floats nothing becomes ternary.
    var isTernary: Bool { graph.weights.contains { $0.kind == .ternary } }

    /// Whether matrices are stored as planes of trits.
    var hasPlanes: Bool { checkpoint.tensors.entries.contains { $0.element == .uint8 && $0.shape.count == 3 } }

    /// The matrices that become planes of trits, by their names, with the form that they are to have; none if that is not asked for.
    func planes(_ wish: Quantisation, _ quantiser: any Quantiser.Type) throws -> [String: PlaneForm] {
        guard wish.wantsPlanes else { return [:] }
        let matrices = graph.multipliedMatrices
        guard !isTernary else {
            guard !wish.isOfFloatsOnly else {
                throw Failure("'\(argument)' multiplies by trits as it was trained to: planes are for models of floats")
            }
            return [:]
        }
        let stored = Dictionary(checkpoint.tensors.entries.map { ($0.name, $0.element) }) { first, _ in first }
        if let made = matrices.first(where: { stored[$0.name].map { !$0.isFloat } ?? false }) {
            throw Failure("'\(argument)' has no floats in '\(made.name)' any more: planes are made of those")
        }
        guard !matrices.isEmpty else { throw Failure("'\(argument)' has no matrices of floats but its tables and its head") }
        let form = try wish.form(quantiser)
        return Dictionary(matrices.map { ($0.name, form) }) { first, _ in first }
    }

    /// The model loaded and ready to run.
    public func machine(_ kernels: Kernels, _ threads: ThreadPool, tables: IntegerBits? = nil) throws -> Machine {
        let weights = try weights(kernels, threads, tables: tables)
        return try naming(title) { try Machine(graph, weights, kernels: kernels, threads: threads) }
    }

    /// The weights loaded, for machines of any number of threads.
    public func weights(_ kernels: Kernels, _ threads: ThreadPool, tables: IntegerBits? = nil) throws -> Weights {
        try naming(title) {
            try Weights(graph, from: containerTensors(kernels, threads, tables: tables), kernels: kernels, threads: threads)
        }
    }

    /// What it is called in errors.
    private var title: String { argument == "-" ? "standard input" : argument }

    /// The tokenizer that came with it; nil if none did.
    public func tokenizer() throws -> Tokenizer? {
        guard let json = checkpoint.file("tokenizer.json") else { return nil }
        if let configuration = checkpoint.file("tokenizer_config.json") {
            try naming("tokenizer_config.json") { _ = try JSON(parsing: configuration) }
        }
        return try naming("tokenizer.json") { try Tokenizer(json: json, configuration: checkpoint.file("tokenizer_config.json")) }
    }
}

extension Catalog {
    /// The family of a configuration; a failure if there is none.
    static func knownFamily(of configuration: JSON) throws -> any ModelFamily.Type {
        guard let type = configuration["model_type"]?.stringValue else { throw Failure("config.json names no model_type") }
        guard let family = anyFamily(of: configuration) else {
            let known = Set(families.flatMap { $0.modelTypes }).sorted().joined(separator: ", ")
            throw Failure("model type '\(type)' is unknown; known: \(known)\(PluginProgram.remark(.model, type))")
        }
        return family
    }

    /// The graph of a configuration, with what a method has given the model that taught it.
    public static func graph(_ family: any ModelFamily.Type, _ configuration: JSON) throws -> Graph {
        let plain = try plainGraph(family, configuration)
        guard let thinking = configuration["thinking"], !thinking.isNull else { return plain }
        return try method(thinking["method"]?.stringValue ?? "").graph(plain, thinking: thinking)
    }

    /// What a configuration of ours says of a model that keeps the floats of its matrices, for comparison.
    public static let floatMatrices = "float_matrices"

    /// The graph of a configuration, without what a method has given the model.
    public static func plainGraph(_ family: any ModelFamily.Type, _ configuration: JSON) throws -> Graph {
        let graph = try family.graph(configuration: configuration)
        return configuration[floatMatrices]?.boolValue == true ? try graph.withFloatMatrices() : graph
    }

    /// The learning method of this name.
    public static func method(_ name: String) throws -> any LearningMethod.Type {
        guard let method = methods.first(where: { $0.name == name }) else {
            throw Failure("there is no method '\(name)'; known: \(methods.map { $0.name }.sorted().joined(separator: ", "))")
        }
        return method
    }

    /// The rule that a family's models are trained with, as they are if the family is unknown or has none.
    public static func quantiser(of family: (any ModelFamily.Type)?, _ configuration: JSON) throws -> any Quantiser.Type {
        try quantiser(quantiserName(of: family, configuration))
    }

    /// What makes models ternary that were not trained to be.
    static let bestQuantiser = "fitted"

    static func quantiserName(of family: (any ModelFamily.Type)?, _ configuration: JSON) throws -> String {
        try family?.quantiser(for: configuration) ?? "absmean"
    }

    /// The quantiser of this name.
    public static func quantiser(_ name: String) throws -> any Quantiser.Type {
        guard let quantiser = quantisers.first(where: { $0.name == name }) ?? ProgramQuantiser.of(name) else {
            let known = quantisers.map { $0.name }.sorted().joined(separator: ", ")
            throw Failure("there is no method '\(name)'; known: \(known)\(PluginProgram.remark(.quantizer, name))")
        }
        return quantiser
    }
}

extension OpenModel {
    /// The tokens that begin and end a text, as generation_config.json says or, where it does not, config.json.
    public var specialTokens: (begin: Int32?, end: Set<Int32>) {
        let sources = ["generation_config.json", "config.json"].compactMap { checkpoint.file($0) }.compactMap { try? JSON(parsing: $0) }
        func ids(_ key: String) -> [Int32] {
            let value = sources.lazy.compactMap { $0[key] }.first { !$0.isNull }
            return (value.map { $0.arrayValue ?? [$0] } ?? []).compactMap { $0.intValue.flatMap(Int32.init(exactly:)) }
        }
        return (ids("bos_token_id").first, Set(ids("eos_token_id")))
    }
}
