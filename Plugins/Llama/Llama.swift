import Basis
import Models

/// Llama (Touvron et al. 2023, "LLaMA"; Grattafiori et al. 2024, "The Llama 3 herd of models"), Mistral (Jiang et al. 2023, "Mistral 7B"),
/// Qwen 2 (Yang et al. 2024, "Qwen2 Technical Report") and Qwen 3 (Yang et al. 2025, "Qwen3 Technical Report") in floats: the transformer
/// of Models with plain products. They differ in what `Kind` says of them.
public enum Llama: ModelFamily {
    public static let name = "llama"
    public static let modelTypes = Kind.allCases.map(\.rawValue)
    public static let quantiser: String? = nil

    public static func graph(configuration: JSON) throws -> Graph {
        let shape = try shape(configuration)
        return try Graph { model in
            Transformer(shape, model) { x, name, rows in x.linear(name, to: rows) }.logits()
        }
    }

    /// What config.json says, with the defaults of the original's configuration class.
    private static func shape(_ configuration: JSON) throws -> Transformer.Shape {
        let config = try Configuration(configuration), kind = Kind(configuration)
        try refuseWhatIsUnknown(config)
        var shape = try Transformer.Shape(config, kind.defaults)
        shape.attentionBias = try kind.attentionBias(config)
        shape.feedForwardHasBias = try kind == .llama && config.flag("mlp_bias", default: false)
        shape.normsHeads = kind == .qwen3
        shape.windows = try kind.windows(config, layers: shape.windows.count)
        return shape
    }

    private static func refuseWhatIsUnknown(_ config: Configuration) throws {
        if let quantisation = try config.part("quantization_config") {
            let method = try quantisation.string("quant_method", default: "")
            throw quantisation.refusal("quant_method", .string(method), "no quantization_config, or for a llama 'bitnet'")
        }
        _ = try config.choice("hidden_act", of: ["silu"], default: "silu")
    }
}
