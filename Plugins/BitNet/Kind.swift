import Basis
import Models

extension BitNet {
    /// The three architectures.
    enum Kind {
        case microsoft, reproduction, llama

        /// 1bitLLM's checkpoints are of the type `llama` too, and told by the name of their class.
        init(_ config: JSON) {
            let classes = config["architectures"]?.arrayValue ?? []
            switch config["model_type"]?.stringValue {
            case "bitnet": self = .microsoft
            case "bitnet_b1_58": self = .reproduction
            default: self = classes.contains("BitnetForCausalLM") ? .reproduction : .llama
            }
        }

        /// The norms before the output projections.
        var norms: (attention: String, feedForward: String)? {
            switch self {
            case .microsoft: ("attn_sub_norm", "ffn_sub_norm")
            case .reproduction: ("inner_attn_ln", "ffn_layernorm")
            case .llama: nil
            }
        }

        /// Where config.json names none.
        var activation: Shape.Activation { self == .microsoft ? .relu2 : .silu }

        /// Those of BitNetConfig; the other two descend from LlamaConfig.
        var defaults: Transformer.Defaults {
            guard self == .microsoft else { return .llama }
            return Transformer.Defaults(
                vocabulary: 128_256, width: 2560, layers: 30, heads: 20, keyValueHeads: 5, intermediate: 6912, positions: 2048,
                epsilon: 1e-5, base: 500_000)
        }
    }
}
