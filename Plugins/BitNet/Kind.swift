import Basis
import Models

extension BitNet {
    /// The three architectures.
    enum Kind {
        case microsoft, reproduction, llama

        /// 1bitLLM's checkpoints are of the type `llama` too, and told by the name of their class.
        init(_ config: JSON) throws {
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

        struct Defaults {
            let vocabulary, width, layers, heads, intermediate: Int
            /// Nil for as many as there are heads.
            let keyValueHeads: Int?
            let activation: Shape.Activation
            let epsilon, base: Double
        }

        /// Those of BitNetConfig; the other two descend from LlamaConfig.
        var defaults: Defaults {
            self == .microsoft
                ? Defaults(
                    vocabulary: 128_256, width: 2560, layers: 30, heads: 20, intermediate: 6912, keyValueHeads: 5, activation: .relu2,
                    epsilon: 1e-5, base: 500_000)
                : Defaults(
                    vocabulary: 32000, width: 4096, layers: 32, heads: 32, intermediate: 11008, keyValueHeads: nil, activation: .silu,
                    epsilon: 1e-6, base: 10000)
        }
    }
}
