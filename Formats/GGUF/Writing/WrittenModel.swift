import Basis
import Models

/// What a graph says of the sizes of a transformer, as GGUF's keys have them; and which of llama.cpp's architectures would compute it.
/// Whether it really computes that is for `Graph.computes` to tell: nothing here is sure of more than what it needs.
struct WrittenModel {
    enum Kind: String {
        case llama, qwen2, qwen3
        /// 1bitLLM's reproduction: SiLU, and the embeddings are the head.
        case bitnet
        /// Microsoft's, which bitnet.cpp alone reads: squared ReLU.
        case bitnet158 = "bitnet-b1.58"

        var modelType: String { self == .bitnet || self == .bitnet158 ? "bitnet" : rawValue }

        var className: String {
            switch self {
            case .llama: "LlamaForCausalLM"
            case .qwen2: "Qwen2ForCausalLM"
            case .qwen3: "Qwen3ForCausalLM"
            case .bitnet, .bitnet158: "BitNetForCausalLM"
            }
        }
    }

    let kind: Kind
    let vocabulary, width, intermediate, layers, heads, keyHeads, headWidth, positions: Int
    let epsilon: Float
    let base: Double
    /// `kind` and what else the scaling of angles has.
    let scaling: JSONObject
    let isTied, attentionHasBias, feedForwardHasBias: Bool

    /// `positions` is how long a text may be, if anything says so.
    init(_ graph: Graph, positions: Int?) throws {
        let facts = GraphFacts(graph)
        guard let embedding = facts.first("embedding"), let attention = facts.first("attention"), let rope = facts.first("rope"),
            let norm = facts.first("rms-norm"), let vocabulary = embedding["vocabulary"]?.intValue,
            let width = embedding["width"]?.intValue,
            let heads = attention["heads"]?.intValue, let keyHeads = attention["key-value-heads"]?.intValue,
            let headWidth = attention["width"]?.intValue, let base = rope["base"]?.doubleValue, let epsilon = norm["epsilon"]?.doubleValue,
            let intermediate = facts.shape("model.layers.0.mlp.down_proj.weight")?.last
        else { throw WrittenModel.refusal("it is no transformer with rotary positions") }
        (self.vocabulary, self.width, self.intermediate, self.heads, self.keyHeads) = (vocabulary, width, intermediate, heads, keyHeads)
        (self.headWidth, self.base, self.epsilon, layers) = (headWidth, base, Float(epsilon), facts.count("attention"))
        scaling = rope["scaling"]?.objectValue ?? [:]
        isTied = facts.shape("lm_head.weight") == nil
        (attentionHasBias, feedForwardHasBias) = (facts.has("self_attn.q_proj.bias"), facts.has("mlp.up_proj.bias"))
        // Within a window all see all, with or without it.
        self.positions = min(positions ?? 2048, facts.leastWindow ?? .max)
        kind = try facts.kind(isTied: isTied)
    }

    static func refusal(_ why: String) -> Failure { Failure("a GGUF file cannot hold this model: \(why)") }

    var isLlama: Bool { kind == .llama }

    /// The order in which rows of a matrix, or numbers of a bias, are written; nil for their own.
    func order(of name: String, rows: Int) -> RowOrder? {
        guard isLlama, let parts = TensorNames.parts(name), parts.suffix == "weight" || parts.suffix == "bias" else { return nil }
        switch parts.part {
        case "attn_q": return RowOrder(rows: rows, heads: heads)
        case "attn_k": return RowOrder(rows: rows, heads: keyHeads)
        default: return nil
        }
    }
}

/// What stands in a graph.
struct GraphFacts {
    private let nodes: [Graph.Node]
    private let weights: [String: [Int]]

    init(_ graph: Graph) {
        nodes = graph.nodes
        weights = Dictionary(graph.weights.map { ($0.name, $0.shape) }) { first, _ in first }
    }

    private func isOperation(_ node: Graph.Node, _ name: String) -> Bool { type(of: node.operation).name == name }
    func first(_ operation: String) -> JSONObject? { nodes.first { isOperation($0, operation) }?.operation.attributes }
    func count(_ operation: String) -> Int { nodes.count { isOperation($0, operation) } }
    /// The narrowest window of any layer; nil where all tokens are seen.
    var leastWindow: Int? { nodes.compactMap { $0.operation.attributes["window"]?.intValue }.min() }
    func shape(_ name: String) -> [Int]? { weights[name] }
    func has(_ part: String) -> Bool { weights["model.layers.0.\(part)"] != nil }

    /// The architecture that has such parts.
    func kind(isTied: Bool) throws -> WrittenModel.Kind {
        if has("self_attn.attn_sub_norm.weight") || has("self_attn.inner_attn_ln.weight") {
            guard count("silu") > 0 else { return .bitnet158 }
            guard isTied else { throw WrittenModel.refusal("architecture 'bitnet' has no head of its own") }
            return .bitnet
        }
        if has("self_attn.q_norm.weight") { return .qwen3 }
        return has("self_attn.q_proj.bias") && !has("self_attn.o_proj.bias") ? .qwen2 : .llama
    }
}

extension WrittenModel {
    /// The keys of the architecture. A rotation that is stretched as in Llama 3 is a tensor, `frequencyFactors`.
    func addKeys(to header: inout WrittenHeader) {
        let name = kind.rawValue
        header.set("general.architecture", .text(name))
        let sizes = [
            ("context_length", positions), ("embedding_length", width), ("block_count", layers), ("feed_forward_length", intermediate),
            ("attention.head_count", heads), ("attention.head_count_kv", keyHeads), ("attention.key_length", headWidth),
            ("attention.value_length", headWidth), ("rope.dimension_count", headWidth), ("vocab_size", vocabulary),
        ]
        for (key, size) in sizes { header.set("\(name).\(key)", .count(size)) }
        header.set("\(name).attention.layer_norm_rms_epsilon", .number(epsilon))
        header.set("\(name).rope.freq_base", .number(Float(base)))
        if scaling["kind"] == "linear", let factor = scaling["factor"]?.doubleValue {
            header.set("\(name).rope.scaling.type", .text("linear"))
            header.set("\(name).rope.scaling.factor", .number(Float(factor)))
        }
        if let original = scaling["original"]?.intValue {
            header.set("\(name).rope.scaling.original_context_length", .count(original))
        }
    }

    /// By what each frequency is divided; nil where one factor, or none, is for all.
    func frequencyFactors() throws -> [Float]? {
        guard scaling["kind"] == "llama3" else { return nil }
        guard let factor = scaling["factor"]?.doubleValue, let original = scaling["original"]?.intValue,
            scaling["low"]?.doubleValue == 1, scaling["high"]?.doubleValue == 4
        else { throw WrittenModel.refusal("its rotations are stretched between other bounds than Llama 3's") }
        return Llama3Scaling(factor: Float(factor), original: original).factors(base: Float(base), width: headWidth)
    }

    /// config.json of the model that a reader finds in the file. `floats` are the modules of a ternary model that are not ternary.
    func configuration(isTernary: Bool, floats: [String]) -> JSON {
        var config: JSONObject = [
            "architectures": [.string(kind.className)], "model_type": .string(kind.modelType),
            "hidden_act": kind == .bitnet158 ? "relu2" : "silu", "hidden_size": .integer(width),
            "intermediate_size": .integer(intermediate),
            "num_hidden_layers": .integer(layers), "num_attention_heads": .integer(heads), "num_key_value_heads": .integer(keyHeads),
            "head_dim": .integer(headWidth), "max_position_embeddings": .integer(positions), "vocab_size": .integer(vocabulary),
            "rms_norm_eps": JSON(epsilon), "rope_theta": .number(base), "tie_word_embeddings": .bool(isTied),
        ]
        if kind != .qwen2 {
            config["attention_bias"] = .bool(attentionHasBias)
            config["mlp_bias"] = .bool(feedForwardHasBias)
        }
        config["rope_scaling"] = scalingOfConfiguration
        guard isTernary else { return .object(config) }
        var quantisation: JSONObject = ["quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"]
        if !floats.isEmpty { quantisation["modules_to_not_convert"] = .array(floats.map { .string($0) }) }
        config["quantization_config"] = .object(quantisation)
        return .object(config)
    }

    private var scalingOfConfiguration: JSON? {
        switch scaling["kind"] {
        case "linear": ["rope_type": "linear", "factor": scaling["factor"] ?? 1]
        case "llama3":
            [
                "rope_type": "llama3", "factor": scaling["factor"] ?? 1, "low_freq_factor": 1, "high_freq_factor": 4,
                "original_max_position_embeddings": scaling["original"] ?? 8192,
            ]
        default: nil
        }
    }
}
