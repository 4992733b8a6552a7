import Basis

extension Transformer {
    /// Its sizes and options, as config.json has them.
    public struct Shape: Sendable {
        let vocabulary: Int
        let width: Int
        let layers: Int
        let heads: Int
        let keyValueHeads: Int
        let headWidth: Int
        let intermediate: Int
        public let epsilon: Float
        let rotation: (base: Double, scaling: RoPE.Scaling)
        let tiesEmbeddings: Bool
        public var attentionBias = AttentionBias.none
        public var feedForwardHasBias = false
        /// Whether each head of queries and keys is normalised before it is turned.
        public var normsHeads = false
        /// Of each layer, the tokens that a query sees at most, its own among them; 0 if it sees all.
        public var windows: [Int]

        /// Which projections of attention have biases.
        public enum AttentionBias: Sendable {
            case none
            /// Queries, keys and values.
            case inputs
            /// These and the output.
            case all
        }

        /// Reads the sizes that all such configurations have; a family sets what is left.
        public init(_ config: Configuration, _ standard: Defaults) throws {
            vocabulary = try config.size("vocab_size", default: standard.vocabulary)
            width = try config.size("hidden_size", default: standard.width)
            layers = try config.size("num_hidden_layers", default: standard.layers, most: Configuration.layerLimit)
            heads = try config.size("num_attention_heads", default: standard.heads)
            keyValueHeads = try config.nullableSize("num_key_value_heads", default: standard.keyValueHeads) ?? heads
            headWidth = try config.size("head_dim", default: standard.headWidth ?? max(1, width / heads))
            intermediate = try config.size("intermediate_size", default: standard.intermediate)
            epsilon = Float(try config.positive("rms_norm_eps", default: standard.epsilon))
            rotation = try config.rotation(base: standard.base, positions: standard.positions)
            tiesEmbeddings = try config.flag("tie_word_embeddings", default: false)
            windows = Array(repeating: 0, count: layers)
            try checkHeads(config, standard)
            try placing("config.json") { try rotation.scaling.check(width: headWidth, base: rotation.base) }
        }

        private func checkHeads(_ config: Configuration, _ standard: Defaults) throws {
            guard heads % keyValueHeads == 0 else {
                throw Failure("config.json has \(heads) attention heads, which do not share \(keyValueHeads) of keys and values evenly")
            }
            guard try config.optionalSize("head_dim") ?? standard.headWidth != nil || width % heads == 0 else {
                throw Failure("config.json has \(heads) attention heads, which do not divide a width of \(width)")
            }
            guard headWidth % 2 == 0, headWidth <= 1 << 16 else {
                throw Failure("config.json has attention heads of \(headWidth) numbers, expected an even number of up to \(1 << 16)")
            }
        }
    }

    /// What the original's configuration class has for keys that are absent.
    public struct Defaults: Sendable {
        let vocabulary, width, layers, heads, intermediate, positions: Int
        /// Nil for the width shared out over the heads.
        let headWidth: Int?
        /// Nil for as many as there are heads.
        let keyValueHeads: Int?
        let epsilon, base: Double

        public init(
            vocabulary: Int, width: Int, layers: Int, heads: Int, keyValueHeads: Int?, headWidth: Int? = nil, intermediate: Int,
            positions: Int, epsilon: Double, base: Double
        ) {
            (self.vocabulary, self.width, self.layers, self.heads) = (vocabulary, width, layers, heads)
            (self.keyValueHeads, self.headWidth, self.intermediate) = (keyValueHeads, headWidth, intermediate)
            (self.positions, self.epsilon, self.base) = (positions, epsilon, base)
        }

        /// Those of LlamaConfig, from which most others descend.
        public static let llama = Defaults(
            vocabulary: 32000, width: 4096, layers: 32, heads: 32, keyValueHeads: nil, intermediate: 11008, positions: 2048,
            epsilon: 1e-6, base: 10000)
    }
}
