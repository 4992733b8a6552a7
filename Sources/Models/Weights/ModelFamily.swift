import Basis

/// A model plugin: one function from a configuration to a graph. It never sees tensors, threads, sessions or gradients.
public protocol ModelFamily: Sendable {
    /// The name that manifests and manuals use: `matmul-free`.
    static var name: String { get }
    /// The values of `model_type` in config.json that it reads.
    static var modelTypes: [String] { get }
    /// Operations that it alone needs.
    static var operations: [any Operation.Type] { get }
    /// The name of the quantiser that its float checkpoints were trained with.
    static var quantiser: String { get }
    /// The graph of a configuration (config.json); refuses what the original code cannot run or this plugin does not know.
    static func graph(configuration: JSON) throws -> Graph
}

extension ModelFamily {
    public static var operations: [any Operation.Type] { [] }
}
