import Basis
import Models

// Training from scratch.
extension TTT {
    public static let newOptions = [
        PluginOption("layers", "6", "blocks"),
        PluginOption("width", "256", "width of the residual stream"),
        PluginOption("heads", "4", "heads, each with an inner model"),
        PluginOption("intermediate", "0", "width of the gated linear unit; 0: 8/3 of the width, rounded up to 64"),
        PluginOption("inner", "linear", "the inner model: linear, or mlp with a hidden layer"),
        PluginOption("mini-batch", "16", "tokens whose inner gradients are taken at the same weights"),
        PluginOption("rate", "1", "learning rate of the inner model, which each token and head takes a part of"),
        PluginOption("backbone", "transformer", "transformer, or mamba with convolutions and a gate"),
        PluginOption("tied", "true", "whether the head's matrix is the embeddings"),
    ]

    public static func configuration(new options: PluginOptions, vocabulary: Int) throws -> JSON {
        let sizes = 1...Configuration.sizeLimit, width = try options.integer("width", in: sizes)
        let given = try options.integer("intermediate", in: 0...sizes.upperBound)
        let isMamba = try choice("backbone", of: ["transformer", "mamba"], options) == "mamba"
        return [
            "architectures": ["TTTForCausalLM"], "model_type": "ttt", "vocab_size": .integer(vocabulary), "hidden_size": .integer(width),
            "num_hidden_layers": .integer(try options.integer("layers", in: 1...Configuration.layerLimit)),
            "num_attention_heads": .integer(try options.integer("heads", in: 1...1024)),
            "intermediate_size": .integer(given == 0 ? (8 * width / 3 + 63) / 64 * 64 : given),
            "ttt_layer_type": .string(try choice("inner", of: ["linear", "mlp"], options)),
            "mini_batch_size": .integer(try options.integer("mini-batch", in: 1...InnerLoop.miniBatchLimit)),
            "ttt_base_lr": .number(try options.number("rate", in: 1e-6...1e6)), "tie_word_embeddings": .bool(try options.flag("tied")),
            "use_gate": .bool(isMamba), "share_qk": .bool(isMamba), "pre_conv": .bool(isMamba), "conv_kernel": 4, "hidden_act": "silu",
            "rms_norm_eps": 1e-6, "rope_theta": 10000, "max_position_embeddings": 2048, "initializer_range": 0.02,
        ]
    }

    private static func choice(_ key: String, of known: [String], _ options: PluginOptions) throws -> String {
        let choice = options.string(key)
        guard known.contains(choice) else { throw Failure("'ttt' takes \(known.joined(separator: " or ")) as '\(key)', not '\(choice)'") }
        return choice
    }

    /// As the original's modules begin: gains 1, biases and the offsets of token scales 0, all else with a deviation of 0.02.
    public static func initialValues(of weight: Weight, in configuration: JSON) throws -> InitialValues {
        let name = weight.source.split(separator: ".").suffix(2).joined(separator: ".")
        if name.hasSuffix("norm.weight") || name.hasSuffix("ttt_norm_weight") { return .constant(1) }
        let zeros = ["bias", "b1", "b2", "learnable_token_idx"]
        return zeros.contains { name.hasSuffix($0) } ? .constant(0) : .normal(deviation: 0.02)
    }
}
