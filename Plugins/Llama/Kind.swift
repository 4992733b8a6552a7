import Basis
import Models

extension Llama {
    /// The architectures, by their `model_type`.
    enum Kind: String, CaseIterable {
        /// May have biases.
        case llama
        /// A token may see no more than a window of the last ones, in every layer.
        case mistral
        /// Queries, keys and values have biases. Layers from a certain one on may have a window.
        case qwen2
        /// Each head of queries and keys is normalised. Windows are as in Qwen 2.
        case qwen3

        init(_ configuration: JSON) { self = configuration["model_type"]?.stringValue.flatMap(Kind.init) ?? .llama }

        /// Those of LlamaConfig, MistralConfig, Qwen2Config and Qwen3Config.
        var defaults: Transformer.Defaults {
            switch self {
            case .llama: .llama
            case .mistral:
                Transformer.Defaults(
                    vocabulary: 32000, width: 4096, layers: 32, heads: 32, keyValueHeads: 8, intermediate: 14336, positions: 131_072,
                    epsilon: 1e-6, base: 10000)
            case .qwen2, .qwen3:
                Transformer.Defaults(
                    vocabulary: 151_936, width: 4096, layers: 32, heads: 32, keyValueHeads: 32, headWidth: self == .qwen3 ? 128 : nil,
                    intermediate: 22016, positions: 32768, epsilon: 1e-6, base: 10000)
            }
        }

        /// The originals look at the option of no other kind.
        func attentionBias(_ config: Configuration) throws -> Transformer.Shape.AttentionBias {
            switch self {
            case .llama, .qwen3: try config.flag("attention_bias", default: false) ? .all : .none
            case .mistral: .none
            case .qwen2: .inputs
            }
        }

        /// Of each layer, the tokens that a query sees at most; 0 if it sees all.
        func windows(_ config: Configuration, layers: Int) throws -> [Int] {
            switch self {
            case .llama: return Array(repeating: 0, count: layers)
            case .mistral: return Array(repeating: try window(config), count: layers)
            case .qwen2, .qwen3:
                let window = try config.flag("use_sliding_window", default: false) ? window(config) : 0
                return try isWindowed(config, window, layers).map { $0 ? window : 0 }
            }
        }

        private func window(_ config: Configuration) throws -> Int {
            try config.nullableSize("sliding_window", default: 4096, most: Int(Int32.max)) ?? 0
        }

        /// Which layers have a window: those that `layer_types` names, or where it is absent those from `max_window_layers` on.
        private func isWindowed(_ config: Configuration, _ window: Int, _ layers: Int) throws -> [Bool] {
            let types = try config.strings("layer_types")
            guard !types.isEmpty else {
                let first = try config.count("max_window_layers", default: 28)
                return (0..<layers).map { window > 0 && $0 >= first }
            }
            guard types.count == layers else {
                throw Failure("config.json has \(types.count) 'layer_types', expected one for each of \(layers) layers")
            }
            return try types.map { type in
                guard ["full_attention", "sliding_attention"].contains(type) else {
                    throw config.refusal("layer_types", .string(type), "'full_attention' or 'sliding_attention'")
                }
                guard type == "full_attention" || window > 0 else {
                    throw config.refusal("layer_types", .string(type), "a use_sliding_window with a sliding_window beside it")
                }
                return type == "sliding_attention"
            }
        }
    }
}
