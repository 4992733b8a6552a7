import Basis
import Models

extension MatMulFree {
    /// The sizes and options of config.json, with the defaults of the original's HGRNBitConfig.
    struct Shape {
        let vocabulary: Int
        let width: Int
        let layers: Int
        /// Width of the recurrence: the width times the expand ratio.
        let inner: Int
        /// Width of the gated linear unit.
        let intermediate: Int
        let epsilon: Float
        let usesLowerBounds: Bool
        let tiesEmbeddings: Bool

        init(_ json: JSON) throws {
            let config = try Configuration(json)
            try Shape.refuseWhatCannotRun(config)
            vocabulary = try config.size("vocab_size", default: 32000)
            width = try config.size("hidden_size", default: 2048)
            layers = try config.size("num_hidden_layers", default: 24, most: Configuration.layerLimit)
            epsilon = Float(try config.positive("rms_norm_eps", default: 1e-6))
            usesLowerBounds = try config.flag("use_lower_bound", default: true)
            tiesEmbeddings = try config.flag("tie_word_embeddings", default: false)
            inner = try Shape.inner(config, width, bounded: usesLowerBounds)
            intermediate = try Shape.intermediate(config, width)
        }

        /// D = int(H·expand_ratio), split into heads, which only reshape.
        private static func inner(_ config: Configuration, _ width: Int, bounded: Bool) throws -> Int {
            let inner = try size(Double(width) * config.positive("expand_ratio", default: 1), "expand_ratio")
            let heads = try config.size("num_heads", default: 1)
            guard inner % heads == 0 else {
                throw Failure("config.json asks for \(heads) heads in a recurrence \(inner) wide, which they do not divide")
            }
            guard inner == width || !bounded else {
                throw Failure("config.json has use_lower_bound with an expand_ratio that is not 1, which the original cannot run")
            }
            return inner
        }

        /// The given one, or 256·⌈int(H·hidden_ratio·2/3) / 256⌉.
        private static func intermediate(_ config: Configuration, _ width: Int) throws -> Int {
            if let given = try config.optionalSize("intermediate_size") { return given }
            let raw = try size(Double(width) * config.positive("hidden_ratio", default: 4) * 2 / 3, "hidden_ratio")
            return (raw + 255) / 256 * 256
        }

        private static func size(_ value: Double, _ key: String) throws -> Int {
            guard value >= 1, value <= Double(1 << 24) else { throw Failure("config.json has a '\(key)' that gives a width of \(value)") }
            return Int(value)
        }

        private static func refuseWhatCannotRun(_ config: Configuration) throws {
            guard try !config.flag("use_short_conv", default: false) else {
                throw Failure("config.json has use_short_conv, which the original code cannot run: no checkpoint with it can exist")
            }
            let mode = try config.string("attn_mode", default: "fused_recurrent")
            guard mode == "fused_recurrent" else { throw config.refusal("attn_mode", .string(mode), "'fused_recurrent'") }
            let activation = try config.string("hidden_act", default: "swish")
            guard ["swish", "silu"].contains(activation) else { throw config.refusal("hidden_act", .string(activation), "'swish'") }
        }
    }
}
