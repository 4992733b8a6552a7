import Basis

/// What a model is, by GGUF's keys, and how Hugging Face's config.json says it.
struct Architecture {
    private let kind: Kind
    private let metadata: Metadata
    private let tensors: [String: StoredTensor]
    /// Heads of queries, and of keys and values.
    let heads: Int
    let keyHeads: Int
    private let headWidth: Int

    /// The architectures, by the names that llama.cpp and its forks give them.
    private enum Kind: String, CaseIterable {
        /// 1bitLLM's reproduction of the paper.
        case bitnet
        /// Microsoft's b1.58 2B-4T, and the same before it was published.
        case bitnet25 = "bitnet-25", bitnet158 = "bitnet-b1.58"
        case llama, qwen2, qwen3

        /// Whether only ternary models have it.
        var isTernary: Bool { [.bitnet, .bitnet25, .bitnet158].contains(self) }
        var activation: String { self == .bitnet || !isTernary ? "silu" : "relu2" }
        var modelType: String { isTernary ? "bitnet" : rawValue }

        var className: String {
            switch self {
            case .llama: "LlamaForCausalLM"
            case .qwen2: "Qwen2ForCausalLM"
            case .qwen3: "Qwen3ForCausalLM"
            case .bitnet, .bitnet25, .bitnet158: "BitNetForCausalLM"
            }
        }
    }

    init(_ model: GGUFParts) throws {
        metadata = model.metadata
        guard let name = try metadata.text("general.architecture") else { throw Failure("names no general.architecture") }
        guard let kind = Kind(rawValue: name) else {
            throw Failure("architecture '\(name)' is unknown; known: \(Kind.allCases.map(\.rawValue).sorted().joined(separator: ", "))")
        }
        self.kind = kind
        tensors = Dictionary(model.tensors.map { ($0.tensor.name, $0.tensor) }) { first, _ in first }
        heads = try Architecture.size("\(name).attention.head_count", metadata)
        let shared = "\(name).attention.head_count_kv"
        keyHeads = try metadata.integer(shared) == nil ? heads : Architecture.size(shared, metadata)
        let width = try Architecture.size("\(name).embedding_length", metadata)
        headWidth = try metadata.integer("\(name).attention.key_length") ?? width / heads
        try checkHeads()
    }

    /// Whether only ternary models have it.
    var isTernary: Bool { kind.isTernary }

    /// An integer of the metadata that has to be there and is no larger than a size of a model.
    private static func size(_ key: String, _ metadata: Metadata) throws -> Int {
        guard let size = try metadata.integer(key) else { throw Failure("has no key '\(key)'") }
        guard size > 0, size < 1 << 31 else { throw Failure("key '\(key)' is \(size), expected a size") }
        return size
    }

    private func size(_ key: String) throws -> Int { try Architecture.size("\(kind.rawValue).\(key)", metadata) }

    private func checkHeads() throws {
        let values = try metadata.integer("\(kind.rawValue).attention.value_length") ?? headWidth
        let turned = try metadata.integer("\(kind.rawValue).rope.dimension_count") ?? headWidth
        guard headWidth > 0, headWidth % 2 == 0, values == headWidth, turned == headWidth else {
            throw Failure("heads of \(headWidth) with values of \(values), of which \(turned) rotate, are not supported")
        }
        guard try metadata.integer("\(kind.rawValue).expert_count") ?? 0 == 0 else { throw Failure("experts are not supported") }
    }

    /// How the rows of a tensor lie; nil where they lie as in the model.
    func order(of tensor: StoredTensor) throws -> RowOrder? {
        guard kind == .llama, let parts = TensorNames.parts(tensor.name), ["attn_q", "attn_k"].contains(parts.part),
            ["weight", "bias"].contains(parts.suffix)
        else { return nil }
        let rows = parts.suffix == "bias" ? tensor.columns : tensor.rows, heads = parts.part == "attn_q" ? heads : keyHeads
        guard rows % heads == 0, rows / heads % 2 == 0 else {
            throw Failure("has \(rows) rows, which are not \(heads) heads of an even width")
        }
        return RowOrder(rows: rows, heads: heads)
    }
}

extension Architecture {
    /// config.json.
    func configuration(_ model: GGUFTensors, _ special: SpecialTokens) throws -> JSON {
        var config: JSONObject = [
            "architectures": [.string(kind.className)], "model_type": .string(kind.modelType), "hidden_act": .string(kind.activation),
        ]
        try addSizes(to: &config)
        config["rms_norm_eps"] = JSON(Float(try number("attention.layer_norm_rms_epsilon") ?? 1e-5))
        config["tie_word_embeddings"] = .bool(kind == .bitnet || tensors["output.weight"] == nil)
        // Qwen 2 always has the biases of queries, keys and values, and no others.
        if kind != .qwen2 {
            config["attention_bias"] = .bool(tensors["blk.0.attn_q.bias"] != nil)
            config["mlp_bias"] = .bool(tensors["blk.0.ffn_up.bias"] != nil)
        }
        try addRotation(to: &config, factors: model.rotationFactors())
        config["bos_token_id"] = special.begin.map { .integer($0) }
        config["eos_token_id"] = special.end.first.map { .integer($0) }
        config["quantization_config"] = quantisation(model)
        return .object(config)
    }

    /// Nil for a model without trits. Floats among trits are masters where only ternary models have the architecture, otherwise matrices
    /// that were left as they are.
    private func quantisation(_ model: GGUFTensors) -> JSON? {
        let holdsTrits = model.entries.contains { $0.element == .uint8 }
        guard holdsTrits || isTernary else { return nil }
        var config: JSONObject = ["quant_method": "bitnet", "linear_class": "autobitlinear"]
        config["quantization_mode"] = holdsTrits ? "offline" : "online"
        let floats = isTernary ? [] : model.floatModules
        if !floats.isEmpty { config["modules_to_not_convert"] = .array(floats.map { .string($0) }) }
        return .object(config)
    }

    private func addSizes(to config: inout JSONObject) throws {
        config["hidden_size"] = .integer(try size("embedding_length"))
        config["intermediate_size"] = .integer(try size("feed_forward_length"))
        config["num_hidden_layers"] = .integer(try size("block_count"))
        config["num_attention_heads"] = .integer(heads)
        config["num_key_value_heads"] = .integer(keyHeads)
        config["head_dim"] = .integer(headWidth)
        config["max_position_embeddings"] = .integer(try size("context_length"))
        guard let embedding = tensors["token_embd.weight"] else { throw Failure("tensor 'token_embd.weight' is missing") }
        config["vocab_size"] = .integer(embedding.rows)
    }

    private func number(_ key: String) throws -> Double? { try metadata.number("\(kind.rawValue).\(key)") }

    /// The base, and what stretches the rotations: nothing, one factor for all, or a factor of each frequency.
    private func addRotation(to config: inout JSONObject, factors: [Float]?) throws {
        let base = Float(try number("rope.freq_base") ?? 10000)
        config["rope_theta"] = JSON(base)
        if let factors {
            let original = try metadata.integer("\(kind.rawValue).rope.scaling.original_context_length") ?? 8192
            config["rope_scaling"] = try Llama3Scaling(factors, base: base, width: headWidth, original: original).json
            return
        }
        config["rope_scaling"] = try scaling()
    }

    private func scaling() throws -> JSON? {
        let name = try metadata.text("\(kind.rawValue).rope.scaling.type") ?? "none"
        let factor = JSON(Float(try number("rope.scaling.factor") ?? 1))
        switch name {
        case "none": return nil
        case "linear": return factor == 1.0 ? nil : ["rope_type": "linear", "factor": factor]
        case "yarn":
            guard try number("rope.scaling.attn_factor") ?? 1 == 1 else {
                throw Failure("rope scaling 'yarn' with a factor of its own for attention is not supported")
            }
            let original = try size("rope.scaling.original_context_length")
            return ["rope_type": "yarn", "factor": factor, "original_max_position_embeddings": .integer(original)]
        default: throw Failure("rope scaling '\(name)' is not supported")
        }
    }
}
