import Support

/// What originals call their parts.
extension Golden {
    /// Whether it is a MatMul-free model; the others have attention.
    var hasRecurrence: Bool { keys.contains { $0.hasPrefix("strict.state.") } }

    var layers: Int { keys.count { $0.hasPrefix("strict.hidden.") } - 2 }

    /// What reads a layer's input first.
    var firstNorm: String { hasRecurrence ? "attn_norm" : "input_layernorm" }

    /// The modules whose outputs have to be compared.
    var modules: Set<Substring> {
        guard !hasRecurrence else {
            return ["attn_norm", "i_proj", "f_proj", "g_proj", "g_norm", "o_proj", "attn", "mlp_norm", "gate_proj", "down_proj"]
        }
        let shared: Set<Substring> = [
            "input_layernorm", "q_proj", "k_proj", "v_proj", "o_proj", "self_attn", "post_attention_layernorm", "gate_proj", "up_proj",
            "down_proj", "mlp",
        ]
        return name.hasPrefix("bitnet") ? shared.union(["attn_sub_norm", "ffn_sub_norm"]) : shared
    }
}
