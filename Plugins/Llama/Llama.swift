import Basis
import Models

/// Llama (Touvron et al. 2023, "LLaMA"; Grattafiori et al. 2024, "The Llama 3 herd of models") and Mistral (Jiang et al. 2023, "Mistral
/// 7B") in floats: the transformer of Models with plain products. A Llama may have biases; in a Mistral a token may see no more than a
/// window of the last ones.
public enum Llama: ModelFamily {
    public static let name = "llama"
    public static let modelTypes = ["llama", "mistral"]
    public static let quantiser: String? = nil

    public static func graph(configuration: JSON) throws -> Graph {
        let shape = try shape(configuration)
        return try Graph { model in
            Transformer(shape, model) { x, name, rows in x.linear(name, to: rows) }.logits()
        }
    }

    /// What config.json says, with the defaults of LlamaConfig and MistralConfig. The original Mistral looks at no options for biases, the
    /// original Llama at none for a window.
    private static func shape(_ configuration: JSON) throws -> Transformer.Shape {
        let config = try Configuration(configuration)
        try refuseWhatIsUnknown(config)
        guard configuration["model_type"] == "mistral" else {
            var shape = try Transformer.Shape(config, .llama)
            shape.attentionHasBias = try config.flag("attention_bias", default: false)
            shape.feedForwardHasBias = try config.flag("mlp_bias", default: false)
            return shape
        }
        var shape = try Transformer.Shape(config, mistral)
        shape.window = try config.nullableSize("sliding_window", default: 4096, most: Int(Int32.max)) ?? 0
        return shape
    }

    private static let mistral = Transformer.Defaults(
        vocabulary: 32000, width: 4096, layers: 32, heads: 32, keyValueHeads: 8, intermediate: 14336, epsilon: 1e-6, base: 10000)

    private static func refuseWhatIsUnknown(_ config: Configuration) throws {
        if let quantisation = try config.part("quantization_config") {
            let method = try quantisation.string("quant_method", default: "")
            throw quantisation.refusal("quant_method", .string(method), "no quantization_config, or for a llama 'bitnet'")
        }
        _ = try config.choice("hidden_act", of: ["silu"], default: "silu")
    }
}
