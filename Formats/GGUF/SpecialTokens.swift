import Basis

/// The tokens that begin and end a text.
struct SpecialTokens {
    let begin: Int?
    /// The end of a text, and of a turn where that is another one.
    let end: [Int]

    init(_ metadata: Metadata) throws {
        begin = try metadata.integer("tokenizer.ggml.bos_token_id")
        let text = try metadata.integer("tokenizer.ggml.eos_token_id")
        let turn = try metadata.integer("tokenizer.ggml.eot_token_id") ?? SpecialTokens.endOfTurn(metadata)
        end = [text, turn == text ? nil : turn].compactMap { $0 }
    }

    /// The end of a turn by its name, where no key tells; as llama.cpp finds it.
    private static func endOfTurn(_ metadata: Metadata) throws -> Int? {
        try metadata.texts("tokenizer.ggml.tokens")?.firstIndex { $0 == "<|eot_id|>" || $0 == "<|im_end|>" }
    }

    /// generation_config.json.
    var json: JSON {
        var config = JSONObject()
        config["bos_token_id"] = begin.map { .integer($0) }
        if end.count > 1 {
            config["eos_token_id"] = .array(end.map { .integer($0) })
        } else {
            config["eos_token_id"] = end.first.map { .integer($0) }
        }
        return .object(config)
    }
}
