import Basis

/// The keys `tokenizer.ggml` of a tokenizer.json: the reverse of `TokenizerFile`. What llama.cpp would cut otherwise is refused.
struct TokenizerKeys {
    private let json: JSON
    private let model: JSON
    /// tokenizer_config.json and generation_config.json or config.json, as far as they are there.
    private let names: JSON
    private let ids: [JSON]
    private let tokens: [String]
    private let types: [TokenizerFile.TokenType]
    private var isByteLevel: Bool { model["byte_fallback"]?.boolValue != true }

    /// `count` is how many tokens the model knows.
    init(_ json: JSON, names: JSON, ids: [JSON], count: Int) throws {
        (self.json, self.names, self.ids) = (json, names, ids)
        guard let model = json["model"], model["vocab"]?.objectValue != nil, ["BPE", nil].contains(model["type"]?.stringValue) else {
            throw Failure("tokenizer.json: its model is not BPE, which llama.cpp is told of in another way")
        }
        self.model = model
        (tokens, types) = try TokenizerKeys.tokens(json, model, count)
    }

    /// Every id up to `count`; those that nothing has become unused tokens.
    private static func tokens(_ json: JSON, _ model: JSON, _ count: Int) throws -> ([String], [TokenizerFile.TokenType]) {
        var tokens = (0..<count).map { "[PAD\($0)]" }, types = [TokenizerFile.TokenType](repeating: .unused, count: count)
        func set(_ id: JSON, _ token: String, _ type: TokenizerFile.TokenType) throws {
            guard let id = id.intValue, tokens.indices.contains(id) else {
                throw Failure("tokenizer.json: token '\(token)' has no place among the model's \(count)")
            }
            (tokens[id], types[id]) = (token, type)
        }
        let hasBytes = model["byte_fallback"]?.boolValue == true
        for member in model["vocab"]?.objectValue?.members ?? [] {
            try set(member.value, member.key, hasBytes && isByte(member.key) ? .byte : .normal)
        }
        for token in json["added_tokens"]?.arrayValue ?? [] {
            guard let content = token["content"]?.stringValue, let id = token["id"] else { continue }
            let isUnknown = content == model["unk_token"]?.stringValue
            try set(id, content, isUnknown ? .unknown : token["special"]?.boolValue == true ? .control : .userDefined)
        }
        return (tokens, types)
    }

    /// `<0x0A>`.
    private static func isByte(_ token: String) -> Bool {
        token.utf8.count == 6 && token.hasPrefix("<0x") && token.hasSuffix(">") && UInt8(token.dropFirst(3).dropLast(), radix: 16) != nil
    }

    func add(to header: inout WrittenHeader) throws {
        header.set("tokenizer.ggml.model", .text(isByteLevel ? "gpt2" : "llama"))
        header.set("tokenizer.ggml.pre", .text(try isByteLevel ? wordPattern() : "default"))
        header.set("tokenizer.ggml.tokens", .texts(tokens))
        if !isByteLevel { header.set("tokenizer.ggml.scores", .numbers(try scores())) }
        header.set("tokenizer.ggml.token_type", .kinds(types.map { Int32($0.rawValue) }))
        if isByteLevel { header.set("tokenizer.ggml.merges", .texts(try merges().map { "\($0.0) \($0.1)" })) }
        try addSpecialTokens(to: &header)
        if !isByteLevel { header.set("tokenizer.ggml.add_space_prefix", .flag(try hasPrefix())) }
        header.set("tokenizer.chat_template", chatTemplate.map { .text($0) })
    }

    private func merges() throws -> [(String, String)] {
        try (model["merges"]?.arrayValue ?? []).map { merge in
            let parts = merge.arrayValue?.compactMap(\.stringValue) ?? merge.stringValue?.split(separator: " ").map(String.init) ?? []
            guard parts.count == 2 else { throw Failure("tokenizer.json: a merge is not a pair of tokens") }
            guard !isByteLevel || !parts.contains(where: { $0.contains(" ") }) else {
                throw Failure("tokenizer.json: a merge holds a space")
            }
            return (parts[0], parts[1])
        }
    }
}

// Which tokens are special, and where they go.
extension TokenizerKeys {
    private func addSpecialTokens(to header: inout WrittenHeader) throws {
        let begin = id(named: "bos_token") ?? ids(of: "bos_token_id").first
        let ends = ids(of: "eos_token_id"), end = id(named: "eos_token") ?? ends.first
        header.set("tokenizer.ggml.bos_token_id", begin.map { .count($0) })
        header.set("tokenizer.ggml.eos_token_id", end.map { .count($0) })
        header.set("tokenizer.ggml.eot_token_id", ends.first { $0 != end }.map { .count($0) })
        header.set("tokenizer.ggml.unknown_token_id", types.firstIndex(of: .unknown).map { .count($0) })
        header.set("tokenizer.ggml.padding_token_id", id(named: "pad_token").map { .count($0) })
        let (before, after) = try around()
        header.set("tokenizer.ggml.add_bos_token", .flag(before != nil))
        header.set("tokenizer.ggml.add_eos_token", .flag(after != nil))
        for (token, id) in [(before, begin), (after, end)] {
            guard token == nil || id.map({ tokens[$0] }) == token else {
                throw Failure("tokenizer.json puts '\(token ?? "")' around a text, which is neither its begin nor its end")
            }
        }
    }

    /// A special token of tokenizer_config.json: its name, or an object that has it.
    private func id(named key: String) -> Int? {
        let name = names[key]?.stringValue ?? names[key]?["content"]?.stringValue
        return name.flatMap { tokens.firstIndex(of: $0) }
    }

    private func ids(of key: String) -> [Int] {
        let value = ids.lazy.compactMap { $0[key] }.first { !$0.isNull }
        return (value.map { $0.arrayValue ?? [$0] } ?? []).compactMap(\.intValue).filter(tokens.indices.contains)
    }

    /// The tokens that the post-processor puts before and after a text.
    private func around() throws -> (before: String?, after: String?) {
        guard let processor = json["post_processor"], !processor.isNull else { return (nil, nil) }
        let steps = processor["processors"]?.arrayValue ?? [processor]
        let templates = steps.filter { $0["type"]?.stringValue != "ByteLevel" }
        guard templates.count <= 1 else { throw Failure("tokenizer.json: its post-processor has several parts") }
        guard let template = templates.first else { return (nil, nil) }
        guard template["type"] == "TemplateProcessing", let pieces = template["single"]?.arrayValue else {
            throw Failure("tokenizer.json: its post-processor is no template")
        }
        return try TokenizerKeys.around(pieces)
    }

    private static func around(_ pieces: [JSON]) throws -> (before: String?, after: String?) {
        guard let text = pieces.firstIndex(where: { $0["Sequence"] != nil }), text <= 1, pieces.count - text <= 2 else {
            throw Failure("tokenizer.json puts more than one token before or after a text")
        }
        func name(_ piece: JSON?) -> String? { piece?["SpecialToken"]?["id"]?.stringValue }
        return (text == 1 ? name(pieces[0]) : nil, pieces.count - text == 2 ? name(pieces.last) : nil)
    }

    private var chatTemplate: String? {
        if let template = names["chat_template"]?.stringValue { return template }
        let named = names["chat_template"]?.arrayValue
        return named?.first { $0["name"] == "default" }?["template"]?.stringValue
    }
}

// Byte level: the name that llama.cpp knows the way to cut words by.
extension TokenizerKeys {
    private static let known = ["llama-bpe", "smaug-bpe", "qwen2", "gpt-2", "starcoder"]

    private func wordPattern() throws -> String {
        let normalizer = json["normalizer"] ?? .null, ignoresMerges = model["ignore_merges"]?.boolValue ?? false
        let cut = TokenizerKeys.steps(json["pre_tokenizer"] ?? .null)
        let name = TokenizerKeys.known.first { name in
            guard let pattern = WordPattern.of(name), TokenizerKeys.steps(pattern.json) == cut else { return false }
            return pattern.ignoresMerges == ignoresMerges || !(name == "llama-bpe" || name == "smaug-bpe")
        }
        // Their own converters leave Qwen's normal form C away: llama.cpp has none.
        guard let name, normalizer.isNull || name == "qwen2" && normalizer["type"] == "NFC" else {
            throw Failure("tokenizer.json: llama.cpp has no name for its way to cut words")
        }
        return name
    }

    /// The steps of a pre-tokeniser, without what changes no token.
    private static func steps(_ json: JSON) -> [JSON] {
        let steps = json["pretokenizers"]?.arrayValue ?? [json]
        return steps.map { step in
            guard var object = step.objectValue else { return step }
            object["trim_offsets"] = nil
            if object["type"] == "ByteLevel", object["use_regex"] == nil { object["use_regex"] = true }
            return .object(sorted(object))
        }
    }

    private static func sorted(_ object: JSONObject) -> JSONObject {
        var result = JSONObject()
        for key in object.keys.sorted() { result[key] = object[key] }
        return result
    }
}

// SentencePiece's kind: scores say what merges say, where they come of scores.
extension TokenizerKeys {
    /// A token's score is the rank of the first merge that makes it, negative; tokens that no merge makes come last.
    private func scores() throws -> [Float] {
        let merges = try merges()
        var ranks: [String: Int] = [:]
        for (rank, merge) in merges.enumerated() where ranks[merge.0 + merge.1] == nil { ranks[merge.0 + merge.1] = rank }
        let scores = zip(tokens, types).map { token, type in type == .normal ? -Float(ranks[token] ?? merges.count) : 0 }
        guard Set(ranks.values).count < 1 << 24 else { throw Failure("tokenizer.json has more merges than a float can count") }
        let found = ScoredMerges(tokens: tokens, scores: scores.map(Double.init)) { types[$0] == .normal && ranks[tokens[$0]] != nil }
        let expected = JSON.array(merges.map { [.string($0.0), .string($0.1)] })
        guard found.json == expected else {
            throw Failure("tokenizer.json: its merges are not those of scores, which is all that llama.cpp knows")
        }
        return scores
    }

    /// Whether a space is put in front of a text.
    private func hasPrefix() throws -> Bool {
        let steps = json["normalizer"]?["normalizers"]?.arrayValue ?? [json["normalizer"] ?? .null]
        if let marks = json["pre_tokenizer"], marks["type"] == "Metaspace" { return marks["prepend_scheme"]?.stringValue != "never" }
        guard steps.contains(where: { $0["type"] == "Replace" && $0["content"] == "▁" }), json["pre_tokenizer"]?.isNull ?? true else {
            throw Failure("tokenizer.json: its normaliser is not SentencePiece's")
        }
        return steps.contains { $0["type"] == "Prepend" }
    }
}
