import Basis
import Models

/// Test-time training (Sun et al. 2024, "Learning to (Learn at Test Time): RNNs with Expressive Hidden States"), Hugging Face type `ttt`:
/// what mixes tokens is a small model of each head, linear or with one hidden layer, that learns while the text goes by. The backbone is
/// a transformer's, or Mamba's with a convolution in front, queries and keys of one projection, and a gate.
public struct TTT: ModelFamily {
    public static let name = "ttt"
    public static let modelTypes = ["ttt"]
    public static let operations: [any Operation.Type] = [LearningRate.self, TokenScale.self, InnerLoop.self]
    public static let quantiser: String? = nil

    let shape: Shape

    public static func graph(configuration: JSON) throws -> Graph {
        try TTT(shape: Shape(configuration)).graph()
    }

    private func graph() throws -> Graph {
        try Graph { model in
            var x = model.embedding("model.embed_tokens", vocabulary: shape.vocabulary, width: shape.width)
            for layer in 0..<shape.layers {
                model.scope("model.layers.\(layer)") {
                    if shape.convolvesFirst { x = x + convolution(x, model) }
                    x = x + learner(x.norm("seq_norm", epsilon: shape.epsilon), model)
                    x = x + feedForward(x.norm("ffn_norm", epsilon: shape.epsilon), model)
                }
            }
            let table = shape.tiesEmbeddings ? "model.embed_tokens.weight" : nil
            return x.norm("model.norm", epsilon: shape.epsilon).linear("lm_head", to: shape.vocabulary, table: table)
        }
    }

    private func convolution(_ x: Stream, _ model: GraphBuilder) -> Stream {
        model.scope("conv") { x.norm("norm", epsilon: shape.epsilon).causalConvolution("conv", length: shape.convolution) }
    }

    /// W_o (gelu(W_g h) ⊙ norm(z)), where z is what the inner models say to the queries, having learnt from keys and values.
    private func learner(_ h: Stream, _ model: GraphBuilder) -> Stream {
        model.scope("seq_modeling_block") {
            let (q, k) = queriesAndKeys(h)
            let v = h.linear("v_proj", to: shape.width)
            let rates = h.apply(LearningRate(scope: model.full(""), heads: shape.heads, width: shape.width), name: "learning_rate")
            let scale = model.add(TokenScale(offsets: model.full("learnable_token_idx"), period: shape.miniBatch), [], name: "token_scale")
            let z = q.apply(shape.innerLoop(scope: model.full("")), k, v, rates, scale, name: "inner_loop")
            let normed = z.layerNorm("post_norm", epsilon: 1e-6)
            return (shape.gates ? h.linear("g_proj", to: shape.width).gelu * normed : normed).linear("o_proj", to: shape.width)
        }
    }

    /// Turned by their places in the mini-batch.
    private func queriesAndKeys(_ h: Stream) -> (Stream, Stream) {
        let q = h.linear("q_proj", to: shape.width)
        guard shape.sharesQueries else { return (turned(q, "q_rope"), turned(h.linear("k_proj", to: shape.width), "k_rope")) }
        return (
            turned(q.causalConvolution("conv_q", length: shape.convolution), "q_rope"),
            turned(q.causalConvolution("conv_k", length: shape.convolution), "k_rope")
        )
    }

    private func turned(_ x: Stream, _ name: String) -> Stream {
        x.rope(headWidth: shape.headWidth, base: shape.base, pairs: .neighbours, period: shape.miniBatch, name: name)
    }

    /// W_down(silu(W_gate x) ⊙ W_up x).
    private func feedForward(_ x: Stream, _ model: GraphBuilder) -> Stream {
        model.scope("mlp") {
            let gate = x.linear("gate_proj", to: shape.intermediate), up = x.linear("up_proj", to: shape.intermediate)
            return (gate.silu * up).linear("down_proj", to: shape.width)
        }
    }
}
