import Basis

// Training from scratch.
extension Transformer {
    public static let newOptions = [
        PluginOption("layers", "6", "blocks"),
        PluginOption("width", "256", "width of the residual stream"),
        PluginOption("heads", "4", "heads of attention"),
        PluginOption("kv-heads", "0", "heads of keys and values; 0: as many as heads"),
        PluginOption("intermediate", "0", "width of the gated linear unit; 0: 8/3 of the width, rounded up to 64"),
        PluginOption("positions", "2048", "tokens that a text may have"),
        PluginOption("tied", "false", "whether the head's matrix is the embeddings"),
    ]

    /// What the configurations of all such models have.
    public static func configuration(new options: PluginOptions, vocabulary: Int) throws -> JSONObject {
        let sizes = 1...Configuration.sizeLimit
        let width = try options.integer("width", in: sizes), heads = try options.integer("heads", in: 1...1024)
        let shared = try options.integer("kv-heads", in: 0...1024), given = try options.integer("intermediate", in: 0...sizes.upperBound)
        return [
            "vocab_size": .integer(vocabulary), "hidden_size": .integer(width),
            "num_hidden_layers": .integer(try options.integer("layers", in: 1...Configuration.layerLimit)),
            "num_attention_heads": .integer(heads), "num_key_value_heads": .integer(shared == 0 ? heads : shared),
            "intermediate_size": .integer(given == 0 ? (8 * width / 3 + 63) / 64 * 64 : given),
            "max_position_embeddings": .integer(try options.integer("positions", in: 1...Int(Int32.max))),
            "tie_word_embeddings": .bool(try options.flag("tied")), "rms_norm_eps": 1e-5, "rope_theta": 10000, "initializer_range": 0.02,
        ]
    }
}
