import Basis
import Models

/// The MatMul-free language model (Zhu et al. 2024, "Scalable MatMul-free Language Modeling"), Hugging Face type `hgrn_bit`: a gated linear
/// recurrence mixes tokens, a gated linear unit mixes channels, and every matrix is ternary. The original code's behaviour is kept where
/// it differs from the paper: the norm inside each projection has an ε of 10⁻⁶ of its own, and the output gate normalises the gate,
/// not the recurrence.
public struct MatMulFree: ModelFamily {
    public static let name = "matmul-free"
    public static let modelTypes = ["hgrn_bit"]
    public static let operations: [any Operation.Type] = [LowerBound.self]
    public static let quantiser: String? = "absmean"

    let shape: Shape

    public static func graph(configuration: JSON) throws -> Graph {
        try MatMulFree(shape: Shape(configuration)).graph()
    }

    private func graph() throws -> Graph {
        try Graph { model in
            var x = model.embedding("model.embeddings", vocabulary: shape.vocabulary, width: shape.width)
            for layer in 0..<shape.layers {
                model.scope("model.layers.\(layer)") {
                    x = x + tokenMixer(x.norm("attn_norm", epsilon: shape.epsilon), layer, model)
                    x = x + channelMixer(x.norm("mlp_norm", epsilon: shape.epsilon), model)
                }
            }
            let source = shape.tiesEmbeddings ? "model.embeddings.weight" : nil
            return x.norm("model.norm", epsilon: shape.epsilon).bitLinear("lm_head", to: shape.vocabulary, source: source)
        }
    }

    /// f = lb + (1 - lb)·σ(W_f x);  i = silu(W_i x)·(1 - f);  h ← f·h + i;  y = W_o(norm(W_g x)·silu(h))
    private func tokenMixer(_ x: Stream, _ layer: Int, _ model: GraphBuilder) -> Stream {
        model.scope("attn") {
            let i = x.bitLinear("i_proj", to: shape.inner)
            let f = bounded(x.bitLinear("f_proj", to: shape.inner).sigmoid, layer)
            let h = (i.silu * f.complement).recurrence(decay: f, name: "recurrence")
            let g = x.bitLinear("g_proj", to: shape.inner).norm("g_norm", epsilon: shape.epsilon)
            return (h.silu * g).bitLinear("o_proj", to: shape.width)
        }
    }

    private func bounded(_ f: Stream, _ layer: Int) -> Stream {
        guard shape.usesLowerBounds, layer > 0 else { return f }
        let bounds = Weight("model.lower_bounds", shape: [shape.layers, shape.width], kind: .dense)
        return f.apply(LowerBound(bounds: bounds, layer: layer), name: "lower_bound")
    }

    /// W_down(silu(g)·u), where W_gate x = [g; u].
    private func channelMixer(_ x: Stream, _ model: GraphBuilder) -> Stream {
        model.scope("mlp") {
            let both = x.bitLinear("gate_proj", to: 2 * shape.intermediate)
            let (g, u) = (both.slice(0, shape.intermediate), both.slice(shape.intermediate, shape.intermediate))
            return (g.silu * u).bitLinear("down_proj", to: shape.width)
        }
    }
}

extension Stream {
    /// The original's FusedBitLinear: RMSNorm with a gain of its own and ε = 10⁻⁶, int8 activations, ternary product.
    fileprivate func bitLinear(_ name: String, to rows: Int, source: String? = nil) -> Stream {
        norm("\(name).norm", epsilon: 1e-6).quantised("\(name).quantised").ternaryLinear(name, to: rows, source: source)
    }
}
