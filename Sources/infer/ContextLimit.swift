import Basis
import Generation
import Models
import Toolkit

/// How many tokens a model with attention was made for: prompts end before that, and answers end there, as those of its original do.
/// Models without attention have no such limit.
struct ContextLimit {
    private let tokens: Int?

    /// Reads the `max_position_embeddings` of config.json; nothing is limited where there is none.
    init(_ model: OpenModel) throws {
        let remembers = model.graph.statefulNodes.contains {
            if case .keysAndValues = model.graph.nodes[$0].operation.memory { true } else { false }
        }
        guard remembers, model.checkpoint.file("config.json") != nil else {
            tokens = nil
            return
        }
        let config = try Configuration(model.checkpoint.configuration())
        tokens = try ContextLimit.isStretched(config) ? nil : config.optionalSize("max_position_embeddings", most: Int(Int32.max))
    }

    /// Whether the number is that from before the positions were stretched, by the habit of older configurations.
    private static func isStretched(_ config: Configuration) throws -> Bool {
        guard let scaling = try config.part("rope_scaling") else { return false }
        return try ["rope_type", "type"].contains { try scaling.string($0, default: "") == "linear" }
    }

    /// Refuses a prompt that leaves no room for an answer.
    func check(_ request: Request) throws {
        let count = request.past.count + request.tokens.count
        guard let tokens, count > tokens else { return }
        throw Failure("the text is \(count) tokens long, more than the \(tokens) that the model was made for")
    }

    /// The request with an answer that ends at the limit: the last token of an answer is not fed any more.
    func applied(to request: Request) -> Request {
        guard let tokens else { return request }
        var result = request
        result.maxTokens = max(0, min(request.maxTokens, tokens - request.past.count - request.tokens.count + 1))
        return result
    }
}
