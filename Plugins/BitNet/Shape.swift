import Basis
import Models

extension BitNet {
    /// The sizes and options of config.json, with the defaults of the original's configuration class.
    struct Shape {
        let vocabulary: Int
        let width: Int
        let layers: Int
        let heads: Int
        let keyValueHeads: Int
        let headWidth: Int
        let intermediate: Int
        let activation: Activation
        let epsilon: Float
        let rotation: (base: Double, scaling: RoPE.Scaling)
        let attentionHasBias: Bool
        let feedForwardHasBias: Bool
        let tiesEmbeddings: Bool
        /// The norms before the output projections; nil without them.
        let norms: (attention: String, feedForward: String)?
        private let quantisation: Quantisation

        enum Activation: String { case silu, relu2 }

        init(_ json: JSON) throws {
            let config = try Configuration(json), kind = try Kind(json), standard = kind.defaults
            quantisation = try Quantisation(config)
            try Shape.refuseWhatIsUnknown(config, kind, quantisation)
            vocabulary = try config.size("vocab_size", default: standard.vocabulary)
            width = try config.size("hidden_size", default: standard.width)
            layers = try config.size("num_hidden_layers", default: standard.layers, most: Configuration.layerLimit)
            heads = try config.size("num_attention_heads", default: standard.heads)
            keyValueHeads = try config.size("num_key_value_heads", default: standard.keyValueHeads ?? heads)
            headWidth = try config.size("head_dim", default: max(1, width / heads))
            intermediate = try config.size("intermediate_size", default: standard.intermediate)
            let name = try config.choice("hidden_act", of: ["silu", "relu2"], default: standard.activation.rawValue)
            activation = Activation(rawValue: name) ?? standard.activation
            epsilon = Float(try config.positive("rms_norm_eps", default: standard.epsilon))
            rotation = try config.rotation(base: standard.base)
            attentionHasBias = try config.flag("attention_bias", default: false)
            feedForwardHasBias = try kind == .llama && config.flag("mlp_bias", default: false)
            tiesEmbeddings = try config.flag("tie_word_embeddings", default: false)
            norms = kind.norms
            try checkHeads(config)
        }

        private func checkHeads(_ config: Configuration) throws {
            guard heads % keyValueHeads == 0 else {
                throw Failure("config.json has \(heads) attention heads, which do not share \(keyValueHeads) of keys and values evenly")
            }
            guard try config.optionalSize("head_dim") != nil || width % heads == 0 else {
                throw Failure("config.json has \(heads) attention heads, which do not divide a width of \(width)")
            }
            guard headWidth % 2 == 0, headWidth <= 1 << 16 else {
                throw Failure("config.json has attention heads of \(headWidth) numbers, expected an even number of up to \(1 << 16)")
            }
        }

        /// The ε of the norm that each projection has; nil without one.
        var innerEpsilon: Float? { quantisation.innerEpsilon }

        /// Whether the quantiser left a projection in floats.
        func keepsFloats(_ name: String) -> Bool { quantisation.keepsFloats(name) }

        private static func refuseWhatIsUnknown(_ config: Configuration, _ kind: Kind, _ quantisation: Quantisation) throws {
            guard kind != .llama || quantisation.isGiven else {
                throw Failure("config.json is of a Llama without a quantization_config of BitNet: its weights are not ternary")
            }
            for (key, bits) in [("weight_bits", 1), ("input_bits", 8)] {
                let found = try config.size(key, default: bits)
                guard found == bits else { throw config.refusal(key, .integer(found), "\(bits)") }
            }
        }
    }
}
