import Basis
import Models

// Training from scratch.
extension Llama {
    public static let newOptions = Transformer.newOptions

    public static func configuration(new options: PluginOptions, vocabulary: Int) throws -> JSON {
        var configuration = try Transformer.configuration(new: options, vocabulary: vocabulary)
        (configuration["architectures"], configuration["model_type"]) = (["LlamaForCausalLM"], "llama")
        configuration["hidden_act"] = "silu"
        return .object(configuration)
    }
}
