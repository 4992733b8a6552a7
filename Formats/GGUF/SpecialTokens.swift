import Basis

/// The tokens that begin and end a text.
struct SpecialTokens {
    let begin: Int?
    /// The end of a text, and of a turn where that is another one.
    let end: [Int]

    init(_ metadata: Metadata) throws {
        begin = try metadata.integer("tokenizer.ggml.bos_token_id")
        let ends = try ["eos", "eot"].compactMap { try metadata.integer("tokenizer.ggml.\($0)_token_id") }
        end = ends.count == 2 && ends[0] == ends[1] ? [ends[0]] : ends
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
