import Basis
import Models

// Training from scratch.
extension MatMulFree {
    public static let newOptions = [
        PluginOption("layers", "6", "blocks"),
        PluginOption("width", "256", "width of the residual stream"),
        PluginOption("intermediate", "0", "width of the gated linear unit; 0: 8/3 of the width, rounded up to 256"),
        PluginOption("bounds", "true", "learned lower bounds of the forget gates, which rise with the layers"),
        PluginOption("tied", "false", "whether the head's matrix is the embeddings made ternary"),
    ]

    public static func configuration(new options: PluginOptions, vocabulary: Int) throws -> JSON {
        let intermediate = try options.integer("intermediate", in: 0...Configuration.sizeLimit)
        return [
            "architectures": ["HGRNBitForCausalLM"], "model_type": "hgrn_bit", "vocab_size": .integer(vocabulary),
            "hidden_size": .integer(try options.integer("width", in: 1...Configuration.sizeLimit)),
            "num_hidden_layers": .integer(try options.integer("layers", in: 1...Configuration.layerLimit)),
            "intermediate_size": intermediate == 0 ? .null : .integer(intermediate),
            "use_lower_bound": .bool(try options.flag("bounds")), "tie_word_embeddings": .bool(try options.flag("tied")),
            "attn_mode": "fused_recurrent", "num_heads": 1, "expand_ratio": 1, "hidden_ratio": 4, "hidden_act": "swish",
            "rms_norm_eps": 1e-6, "initializer_range": 0.02,
        ]
    }

    /// As the original's modules begin: projections of the token mixer by Xavier with a gain of 2^-2.5, the matrix that leads back into the
    /// residual stream divided by √(2·layers), all others with a deviation of 0.02.
    public static func initialValues(of weight: Weight, in configuration: JSON) throws -> InitialValues {
        let name = weight.source
        if weight.shape.count == 1 { return .constant(1) }
        if name.hasSuffix("lower_bounds") { return .constant(0) }
        if name.contains(".attn.") { return .xavier(weight, gain: 0.1767766952966369) }
        let layers = try Shape(configuration).layers
        return .normal(deviation: name.hasSuffix("down_proj.weight") ? 0.02 / Double(2 * layers).squareRoot() : 0.02)
    }
}
