/// What GGUF's names of tensors are called in Hugging Face's models.
enum TensorNames {
    private static let whole = ["token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"]

    private static let inLayer = [
        "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
        "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
        "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
        "attn_sub_norm": "self_attn.attn_sub_norm", "ffn_sub_norm": "mlp.ffn_sub_norm",
        "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
    ]

    /// The parts of a name: `blk.3.attn_q.weight` is layer 3, `attn_q`, `weight`.
    struct Parts {
        let layer: Substring?
        let part: String
        let suffix: String
    }

    static func parts(_ name: String) -> Parts? {
        let words = name.split(separator: ".", omittingEmptySubsequences: false)
        if words.count == 2 { return Parts(layer: nil, part: String(words[0]), suffix: String(words[1])) }
        guard words.count == 4, words[0] == "blk", isNumber(words[1]) else { return nil }
        return Parts(layer: words[1], part: String(words[2]), suffix: String(words[3]))
    }

    private static func isNumber(_ text: Substring) -> Bool { Int(text).map { String($0) == text && $0 >= 0 } ?? false }

    /// Nil for what such models do not have.
    static func huggingFace(_ name: String) -> String? {
        guard let parts = parts(name), parts.suffix == "weight" || parts.suffix == "bias" else { return nil }
        guard let layer = parts.layer else { return whole[parts.part].map { "\($0).\(parts.suffix)" } }
        return inLayer[parts.part].map { "model.layers.\(layer).\($0).\(parts.suffix)" }
    }

    /// The names of the same in 1bitLLM's reproduction.
    private static let synonyms = ["self_attn.inner_attn_ln": "attn_sub_norm", "mlp.ffn_layernorm": "ffn_sub_norm"]

    private static func reversed(_ names: [String: String]) -> [String: String] {
        Dictionary(names.map { ($1, $0) }) { first, _ in first }
    }

    private static let (wholeNames, layerNames) = (reversed(whole), reversed(inLayer).merging(synonyms) { first, _ in first })

    /// What a tensor of Hugging Face's is called in a GGUF file; nil for what has no name there.
    static func gguf(_ name: String) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        let module = name[..<dot], suffix = name[dot...]
        guard suffix == ".weight" || suffix == ".bias" else { return nil }
        if let part = wholeNames[String(module)] { return part + suffix }
        let words = module.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard words.count == 4, words[0] == "model", words[1] == "layers", isNumber(words[2]) else { return nil }
        return layerNames[String(words[3])].map { "blk.\(words[2]).\($0)\(suffix)" }
    }

    private static let matrices: Set = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"]

    /// Whether it is a matrix that ternary models multiply by.
    static func isTernaryMatrix(_ name: String) -> Bool {
        guard let parts = parts(name) else { return false }
        return parts.layer != nil && parts.suffix == "weight" && matrices.contains(parts.part)
    }

    /// The tensors that may hold one more factor of a matrix: `blk.0.attn_q.scale` or `blk.0.attn_q.weight_scale`.
    static func factors(of matrix: String) -> [String] { [matrix.dropLast(".weight".count) + ".scale", matrix + "_scale"] }
}
