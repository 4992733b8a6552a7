import Basis

/// A model plugin: one function from a configuration to a graph. It never sees tensors, threads, sessions or gradients.
public protocol ModelFamily: Sendable {
    /// The name that manifests and manuals use: `matmul-free`.
    static var name: String { get }
    /// The values of `model_type` in config.json that it reads.
    static var modelTypes: [String] { get }
    /// Operations that it alone needs.
    static var operations: [any Operation.Type] { get }
    /// The name of the quantiser that its float checkpoints were trained with; nil if its matrices stay floats.
    static var quantiser: String? { get }
    /// The same for one configuration: `quantiser`, unless the family makes a difference.
    static func quantiser(for configuration: JSON) throws -> String?
    /// Whether it is the one for a configuration, be that sound or not: its `model_type` is among `modelTypes`, if nothing else is said.
    /// The first family of the catalogue that says so is taken.
    static func reads(_ configuration: JSON) -> Bool
    /// The graph of a configuration (config.json); refuses what the original code cannot run or this plugin does not know.
    static func graph(configuration: JSON) throws -> Graph
    /// What `--new` can be told of a model that is to be trained from scratch.
    static var newOptions: [PluginOption] { get }
    /// The configuration (config.json) of such a model, for a tokenizer of `vocabulary` tokens.
    static func configuration(new options: PluginOptions, vocabulary: Int) throws -> JSON
    /// What a weight of such a model begins with, as the original begins.
    static func initialValues(of weight: Weight, in configuration: JSON) throws -> InitialValues
}

extension ModelFamily {
    public static var operations: [any Operation.Type] { [] }
    public static func quantiser(for configuration: JSON) throws -> String? { quantiser }
    public static var newOptions: [PluginOption] { [] }

    public static func configuration(new options: PluginOptions, vocabulary: Int) throws -> JSON {
        throw Failure("models of the family '\(name)' cannot be trained from scratch")
    }

    /// Gains are 1, matrices normally distributed with a deviation of 0.02.
    public static func initialValues(of weight: Weight, in configuration: JSON) throws -> InitialValues {
        weight.shape.count == 1 ? .constant(1) : .normal(deviation: 0.02)
    }

    public static func reads(_ configuration: JSON) -> Bool { hasItsType(configuration) }

    /// Whether the `model_type` of a configuration is among `modelTypes`.
    public static func hasItsType(_ configuration: JSON) -> Bool {
        configuration["model_type"]?.stringValue.map(modelTypes.contains) ?? false
    }
}
