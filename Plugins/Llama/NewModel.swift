import Basis
import Models

// Training from scratch.
extension Llama {
    public static let newOptions =
        [PluginOption("type", "llama", "llama, qwen2 (queries, keys and values have biases) or qwen3 (their heads are normalised)")]
        + Transformer.newOptions

    private static let classes = ["llama": "LlamaForCausalLM", "qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"]

    public static func configuration(new options: PluginOptions, vocabulary: Int) throws -> JSON {
        var configuration = try Transformer.configuration(new: options, vocabulary: vocabulary)
        let type = options.string("type")
        guard let name = classes[type] else { throw Failure("'llama' takes llama, qwen2 or qwen3 as 'type', not '\(type)'") }
        (configuration["architectures"], configuration["model_type"]) = ([.string(name)], .string(type))
        configuration["hidden_act"] = "silu"
        if type == "qwen3", let width = configuration["hidden_size"]?.intValue, let heads = configuration["num_attention_heads"]?.intValue {
            configuration["head_dim"] = .integer(max(1, width / heads))
        }
        return .object(configuration)
    }

    /// Gains are 1, biases 0, matrices normally distributed with a deviation of 0.02.
    public static func initialValues(of weight: Weight, in configuration: JSON) throws -> InitialValues {
        guard weight.shape.count == 1 else { return .normal(deviation: 0.02) }
        return .constant(weight.source.hasSuffix(".bias") ? 0 : 1)
    }
}
