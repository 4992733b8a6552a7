import Basis
import Models

extension TTT {
    /// The sizes and options of config.json, with the defaults of the original's TTTConfig.
    struct Shape {
        let vocabulary, width, layers, heads, intermediate: Int
        let epsilon: Float
        /// Of rotary positions.
        let base: Double
        let tiesEmbeddings: Bool
        /// Tokens whose gradients are taken at the same weights.
        let miniBatch: Int
        /// The learning rate where the learnt one is 1.
        let rate: Double
        /// Whether the inner models have a hidden layer.
        let isDeep: Bool
        /// Whether a convolution comes before the inner model, in the residual stream.
        let convolvesFirst: Bool
        /// Whether queries and keys are convolutions of one projection.
        let sharesQueries: Bool
        let gates: Bool
        /// Tokens that a convolution sees.
        let convolution: Int

        init(_ json: JSON) throws {
            let config = try Configuration(json)
            _ = try config.choice("hidden_act", of: ["silu"], default: "silu")
            vocabulary = try config.size("vocab_size", default: 32000)
            width = try config.size("hidden_size", default: 2048)
            intermediate = try config.size("intermediate_size", default: 5504)
            layers = try config.size("num_hidden_layers", default: 24, most: Configuration.layerLimit)
            heads = try config.size("num_attention_heads", default: 32)
            epsilon = Float(try config.positive("rms_norm_eps", default: 1e-6))
            base = try config.positive("rope_theta", default: 10000)
            tiesEmbeddings = try config.flag("tie_word_embeddings", default: true)
            miniBatch = try config.size("mini_batch_size", default: 16, most: InnerLoop.miniBatchLimit)
            rate = try config.positive("ttt_base_lr", default: 1)
            isDeep = try config.choice("ttt_layer_type", of: ["linear", "mlp"], default: "linear") == "mlp"
            convolvesFirst = try config.flag("pre_conv", default: false)
            sharesQueries = try config.flag("share_qk", default: false)
            gates = try config.flag("use_gate", default: false)
            convolution = try config.size("conv_kernel", default: 4, most: CausalConvolution.lengthLimit)
            try check(config)
        }

        var headWidth: Int { width / heads }

        /// The original's inner model is four times as wide inside as outside.
        func innerLoop(scope: String) -> InnerLoop {
            let model = InnerModel(width: headWidth, hidden: isDeep ? 4 * headWidth : 0)
            return InnerLoop(scope: scope, heads: heads, model: model, miniBatch: miniBatch, rate: rate / Double(headWidth))
        }

        private func check(_ config: Configuration) throws {
            guard width % heads == 0, headWidth % 2 == 0, headWidth <= InnerModel.widthLimit else {
                throw Failure(
                    "config.json has \(heads) heads for a width of \(width), expected heads of an even number of up to "
                        + "\(InnerModel.widthLimit)")
            }
            guard convolution > 1 || !(convolvesFirst || sharesQueries) else {
                throw config.refusal("conv_kernel", .integer(convolution), "2 or more")
            }
        }
    }
}
