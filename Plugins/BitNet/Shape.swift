import Basis
import Models

extension BitNet {
    /// The sizes and options of config.json, with the defaults of the original's configuration class.
    struct Shape {
        let transformer: Transformer.Shape
        let activation: Activation
        /// The norms before the output projections; nil without them.
        let norms: (attention: String, feedForward: String)?
        private let quantisation: Quantisation

        enum Activation: String { case silu, relu2 }

        init(_ json: JSON) throws {
            let config = try Configuration(json), kind = Kind(json), standard = kind.activation
            quantisation = try Quantisation(config)
            try Shape.refuseWhatIsUnknown(config, kind, quantisation)
            let name = try config.choice("hidden_act", of: ["silu", "relu2"], default: standard.rawValue)
            (activation, norms) = (Activation(rawValue: name) ?? standard, kind.norms)
            var shape = try Transformer.Shape(config, kind.defaults)
            shape.attentionBias = try config.flag("attention_bias", default: false) ? .all : .none
            shape.feedForwardHasBias = try kind == .llama && config.flag("mlp_bias", default: false)
            transformer = shape
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
