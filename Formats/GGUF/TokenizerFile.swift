import Basis

/// tokenizer.json made of GGUF's metadata.
struct TokenizerFile {
    private let metadata: Metadata
    private let tokens: [String]
    private let types: [Int]
    private let special: SpecialTokens

    /// What `tokenizer.ggml.token_type` says of a token.
    enum TokenType: Int { case normal = 1, unknown, control, userDefined, unused, byte }

    init(_ metadata: Metadata, _ special: SpecialTokens) throws {
        (self.metadata, self.special) = (metadata, special)
        guard let tokens = try metadata.texts("tokenizer.ggml.tokens") else { throw Failure("it has no tokens") }
        self.tokens = tokens
        types = try metadata.integers("tokenizer.ggml.token_type") ?? Array(repeating: 1, count: tokens.count)
        guard types.count == tokens.count else { throw Failure("it has \(tokens.count) tokens and \(types.count) types of them") }
    }

    func json() throws -> JSON {
        switch try metadata.text("tokenizer.ggml.model") {
        case "gpt2": try byteLevel()
        case "llama": try sentencePiece()
        case let model: throw Failure("tokenizer model '\(model ?? "")' is not supported")
        }
    }

    /// tokenizer_config.json: the names of the special tokens, and the chat template.
    func configuration() throws -> JSON {
        var config = JSONObject()
        config["bos_token"] = special.begin.flatMap { usedName($0) }.map { .string($0) }
        config["eos_token"] = special.end.first.flatMap { usedName($0) }.map { .string($0) }
        config["chat_template"] = try metadata.text("tokenizer.chat_template").map { .string($0) }
        return .object(config)
    }

    private func name(_ id: Int) -> String? { tokens.indices.contains(id) ? tokens[id] : nil }

    /// The name of a token that is left in the vocabulary.
    private func usedName(_ id: Int) -> String? { name(id).flatMap { type(id) == .unused ? nil : $0 } }

    private func type(_ id: Int) -> TokenType? { TokenType(rawValue: types[id]) }
}

// Byte-level BPE.
extension TokenizerFile {
    private func byteLevel() throws -> JSON {
        guard let merges = try metadata.texts("tokenizer.ggml.merges") else { throw Failure("it has no merges") }
        let pattern = try wordPattern(merges: merges.count)
        let vocabulary = vocabulary { type($0) != .control && type($0) != .userDefined && type($0) != .unused }
        return try file(
            normalizer: .null, preTokenizer: pattern.json, decoder: ["type": "ByteLevel"],
            model: [
                "type": "BPE", "ignore_merges": .bool(pattern.ignoresMerges), "vocab": vocabulary,
                "merges": .array(merges.map { .string($0) }),
            ], begins: pattern.begins)
    }

    /// Microsoft's converter leaves the name out; Llama 3's vocabulary, which its models have, is known by its size.
    private func wordPattern(merges: Int) throws -> WordPattern {
        let name = try metadata.text("tokenizer.ggml.pre") ?? "default"
        let isLlama3 = name == "default" && merges == 280_147 && self.name(128_000) == "<|begin_of_text|>"
        guard let pattern = WordPattern.of(isLlama3 ? "llama-bpe" : name) else {
            throw Failure("the pre-tokeniser '\(name)' is not supported")
        }
        return pattern
    }

    private func vocabulary(_ isMember: (Int) -> Bool) -> JSON {
        var vocabulary = JSONObject()
        for (id, token) in tokens.enumerated() where isMember(id) { _ = vocabulary.append(token, .integer(id)) }
        return .object(vocabulary)
    }
}

// BPE as SentencePiece trains it.
extension TokenizerFile {
    private func sentencePiece() throws -> JSON {
        guard let scores = try metadata.numbers("tokenizer.ggml.scores"), scores.count == tokens.count else {
            throw Failure("it has no score for each token")
        }
        let prefix = try metadata.flag("tokenizer.ggml.add_space_prefix") ?? true
        let vocabulary = vocabulary { type($0) != .control && type($0) != .userDefined && type($0) != .unused }
        let merges = ScoredMerges(tokens: tokens, scores: scores) { type($0) == .normal }
        let unknown = try metadata.integer("tokenizer.ggml.unknown_token_id").flatMap { name($0) }
        return try file(
            normalizer: TokenizerFile.marks(prefix: prefix), preTokenizer: .null, decoder: TokenizerFile.unmarks(prefix: prefix),
            model: [
                "type": "BPE", "unk_token": unknown.map { .string($0) } ?? .null, "fuse_unk": true, "byte_fallback": true,
                "vocab": vocabulary, "merges": merges.json,
            ], begins: true)
    }

    private static let replacement: JSON = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]

    private static func marks(prefix: Bool) -> JSON {
        prefix ? ["type": "Sequence", "normalizers": [["type": "Prepend", "prepend": "▁"], replacement]] : replacement
    }

    private static func unmarks(prefix: Bool) -> JSON {
        let steps: [JSON] = [
            ["type": "Replace", "pattern": ["String": "▁"], "content": " "], ["type": "ByteFallback"], ["type": "Fuse"],
        ]
        let strip: JSON = ["type": "Strip", "content": " ", "start": 1, "stop": 0]
        return ["type": "Sequence", "decoders": .array(prefix ? steps + [strip] : steps)]
    }
}

// What both have.
extension TokenizerFile {
    /// `begins` says whether such a tokenizer puts the begin of text in front where the file does not say.
    private func file(normalizer: JSON, preTokenizer: JSON, decoder: JSON, model: JSON, begins: Bool) throws -> JSON {
        [
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .array(addedTokens), "normalizer": normalizer,
            "pre_tokenizer": preTokenizer, "post_processor": try template(begins: begins), "decoder": decoder, "model": model,
        ]
    }

    private var addedTokens: [JSON] {
        tokens.indices.filter { type($0) == .control || type($0) == .userDefined || type($0) == .unknown }.map { id in
            [
                "id": .integer(id), "content": .string(tokens[id]), "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": .bool(type(id) != .userDefined),
            ]
        }
    }

    private func template(begins: Bool) throws -> JSON {
        let isBegun = try metadata.flag("tokenizer.ggml.add_bos_token") ?? begins
        let isEnded = try metadata.flag("tokenizer.ggml.add_eos_token") ?? false
        let before = isBegun ? special.begin : nil, after = isEnded ? special.end.first : nil
        var (single, tokens): ([JSON], JSONObject) = ([["Sequence": ["id": "A", "type_id": 0]]], [:])
        for (id, isBefore) in [(before, true), (after, false)] {
            guard let id, let name = usedName(id) else { continue }
            single.insert(["SpecialToken": ["id": .string(name), "type_id": 0]], at: isBefore ? 0 : single.count)
            tokens[name] = ["id": .string(name), "ids": [.integer(id)], "tokens": [.string(name)]]
        }
        return ["type": "TemplateProcessing", "single": .array(single), "pair": [], "special_tokens": .object(tokens)]
    }
}
