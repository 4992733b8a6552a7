import Basis
import Models

/// How many tokens a model with attention was made for: prompts end before that, and answers end there, as those of its original do.
/// Models without attention have no such limit.
public struct ContextLimit: Sendable {
    public let tokens: Int?

    /// Reads the `max_position_embeddings` of config.json; nothing is limited where there is none.
    public init(_ model: OpenModel) throws {
        try self.init(model.graph, model.checkpoint.file("config.json") == nil ? nil : model.checkpoint.configuration())
    }

    public init(_ graph: Graph, _ configuration: JSON?) throws {
        let remembers = graph.statefulNodes.contains {
            if case .keysAndValues = graph.nodes[$0].operation.memory { true } else { false }
        }
        guard remembers, let configuration else {
            tokens = nil
            return
        }
        let config = try Configuration(configuration)
        tokens = try ContextLimit.isStretched(config) ? nil : config.optionalSize("max_position_embeddings", most: Int(Int32.max))
    }

    /// Whether the number is that from before the positions were stretched, by the habit of older configurations.
    private static func isStretched(_ config: Configuration) throws -> Bool {
        guard let scaling = try config.part("rope_scaling") else { return false }
        return try ["rope_type", "type"].contains { try ["linear", "dynamic"].contains(scaling.string($0, default: "")) }
    }

    /// Refuses a text that is longer.
    public func check(_ count: Int) throws {
        guard let tokens, count > tokens else { return }
        throw Failure("the text is \(count) tokens long, more than the \(tokens) that the model was made for")
    }
}
