import Basis
import Tensors

/// A model in container form as converters to GGUF would write it.
public struct GGUFCopy {
    public private(set) var writer = GGUFWriter()
    private let config: JSON
    private var architecture: String { config["model_type"] == "llama" ? "llama" : "bitnet-b1.58" }

    private static let names = [
        "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "self_attn.attn_sub_norm": "attn_sub_norm", "mlp.ffn_sub_norm": "ffn_sub_norm",
        "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    ]

    /// `source` holds the tensors of a model with this configuration; its matrices of trits are stored in `layout`.
    public init(_ source: any TensorSource, configuration: JSON, _ layout: TernaryLayout) throws {
        config = configuration
        try addKeys()
        for (index, entry) in source.entries.enumerated() where !entry.name.hasSuffix(".scale") {
            let bytes = try source.withBytes(index) { Array($0) }
            if let scale = source.index(of: entry.name + ".scale") {
                let value = try source.withBytes(scale) { $0.loadUnaligned(as: Float.self) }
                try add(entry, bytes, value, layout)
            } else {
                let types: [ElementType: UInt32] = [.float32: 0, .float16: 1, .bfloat16: 30]
                writer.tensors.append(.init(name(entry.name), entry.shape, type: types[entry.element] ?? 0, bytes))
            }
        }
    }

    private func size(_ key: String) throws -> Int {
        guard let size = config[key]?.intValue else { throw Failure("no '\(key)'") }
        return size
    }

    private mutating func addKeys() throws {
        writer.set("general.architecture", .text(architecture))
        for (key, name) in [
            ("embedding_length", "hidden_size"), ("feed_forward_length", "intermediate_size"), ("block_count", "num_hidden_layers"),
            ("context_length", "max_position_embeddings"), ("attention.head_count", "num_attention_heads"),
            ("attention.head_count_kv", "num_key_value_heads"),
        ] { writer.set("\(architecture).\(key)", .uint32(UInt32(try size(name)))) }
        writer.set("\(architecture).rope.freq_base", .float32(Float(config["rope_theta"]?.doubleValue ?? 10000)))
        writer.set("\(architecture).attention.layer_norm_rms_epsilon", .float32(Float(config["rms_norm_eps"]?.doubleValue ?? 0)))
        writer.set("tokenizer.ggml.bos_token_id", .uint32(UInt32(try size("bos_token_id"))))
        writer.set("tokenizer.ggml.eos_token_id", .uint32(UInt32(try size("eos_token_id"))))
    }

    private func name(_ name: String) -> String {
        let words = name.split(separator: ".")
        let isLayer = words.count > 3 && words[1] == "layers"
        let part = words[(isLayer ? 3 : 0)...].dropLast().joined(separator: ".")
        return (isLayer ? "blk.\(words[2])." : "") + (Self.names[part] ?? part) + ".\(words[words.count - 1])"
    }

    private mutating func add(_ entry: TensorEntry, _ codes: [UInt8], _ scale: Float, _ layout: TernaryLayout) throws {
        let rowBytes = entry.shape[1]
        var trits = (0..<entry.shape[0]).map { Trits.unpack(Array(codes[$0 * rowBytes..<($0 + 1) * rowBytes]), width: 4 * rowBytes) }
        if architecture == "llama", entry.name.contains("q_proj") || entry.name.contains("k_proj") {
            let heads = try size(entry.name.contains("q_proj") ? "num_attention_heads" : "num_key_value_heads")
            trits = GGUFSample.interleaved(trits, heads: heads)
        }
        writer.tensors.append(
            .init(name(entry.name), [trits.count, 4 * rowBytes], type: layout.number, layout.encoded(trits, scale: scale)))
    }
}
