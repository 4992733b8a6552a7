import Basis
import Models

// Training from scratch.
extension BitNet {
    public static let newOptions = Transformer.newOptions

    /// As the masters of BitNet b1.58 2B4T are: floats that are made ternary whenever they are used.
    public static func configuration(new options: PluginOptions, vocabulary: Int) throws -> JSON {
        var configuration = try Transformer.configuration(new: options, vocabulary: vocabulary)
        (configuration["architectures"], configuration["model_type"]) = (["BitNetForCausalLM"], "bitnet")
        configuration["hidden_act"] = "relu2"
        configuration["quantization_config"] = [
            "quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online",
        ]
        return .object(configuration)
    }
}
