import Basis
import Tensors

/// A model in container form as converters to GGUF would write it.
public struct GGUFCopy {
    public private(set) var writer = GGUFWriter()
    private let config: JSON
    private var architecture: String {
        let type = config["model_type"]?.stringValue ?? ""
        return ["llama", "qwen2", "qwen3"].contains(type) ? type : "bitnet-b1.58"
    }

    private static let names = [
        "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output", "input_layernorm": "attn_norm",
        "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "self_attn.attn_sub_norm": "attn_sub_norm", "mlp.ffn_sub_norm": "ffn_sub_norm",
        "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
        "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    ]

    /// `source` holds the tensors of a model with this configuration; its matrices of trits are stored in `layout`, floats as they are.
    public init(_ source: any TensorSource, configuration: JSON, _ layout: TernaryLayout = .i2sX86) throws {
        config = configuration
        try addKeys()
        for (index, entry) in source.entries.enumerated() where !entry.name.hasSuffix(".scale") {
            let bytes = try source.withBytes(index) { Array($0) }
            if let scale = source.index(of: entry.name + ".scale") {
                let value = try source.withBytes(scale) { $0.loadUnaligned(as: Float.self) }
                try add(entry, bytes, value, layout)
            } else {
                let types: [ElementType: UInt32] = [.float32: 0, .float16: 1, .bfloat16: 30]
                let rows = try reordered(chunks(bytes, of: bytes.count / (entry.shape.first ?? 1)), entry.name)
                writer.tensors.append(.init(name(entry.name), entry.shape, type: types[entry.element] ?? 0, rows.flatMap { $0 }))
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
        if let width = config["head_dim"]?.intValue {
            for key in ["key_length", "value_length"] { writer.set("\(architecture).attention.\(key)", .uint32(UInt32(width))) }
        }
        writer.set("tokenizer.ggml.bos_token_id", .uint32(UInt32(try size("bos_token_id"))))
        writer.set("tokenizer.ggml.eos_token_id", .uint32(UInt32(try size("eos_token_id"))))
    }

    private func name(_ name: String) -> String {
        let words = name.split(separator: ".")
        let isLayer = words.count > 3 && words[1] == "layers"
        let part = words[(isLayer ? 3 : 0)...].dropLast().joined(separator: ".")
        return (isLayer ? "blk.\(words[2])." : "") + (Self.names[part] ?? part) + ".\(words[words.count - 1])"
    }

    private func reordered<Row>(_ rows: [Row], _ name: String) throws -> [Row] {
        guard architecture == "llama", name.contains("q_proj") || name.contains("k_proj") else { return rows }
        return GGUFSample.interleaved(rows, heads: try size(name.contains("q_proj") ? "num_attention_heads" : "num_key_value_heads"))
    }

    private mutating func add(_ entry: TensorEntry, _ codes: [UInt8], _ scale: Float, _ layout: TernaryLayout) throws {
        let rowBytes = entry.shape[1]
        let trits = try reordered(chunks(codes, of: rowBytes).map { Trits.unpack($0, width: 4 * rowBytes) }, entry.name)
        writer.tensors.append(
            .init(name(entry.name), [trits.count, 4 * rowBytes], type: layout.number, layout.encoded(trits, scale: scale)))
    }
}
