/// The decoder-only transformer that Llama made common (Touvron et al. 2023, "LLaMA", section 2.2): RMSNorm before each half of a layer,
/// rotary positions, queries in groups that share keys and values, a gated linear unit. Tensors have the names that Hugging Face's
/// transformers gives them. How a row is multiplied by a matrix is up to the family: in floats, by trits, after norms of its own.
public struct Transformer {
    /// W x, before any bias: a row, the name of the projection in the scope that is open, the rows of W.
    public typealias Projection = (_ x: Stream, _ name: String, _ rows: Int) -> Stream

    private let shape: Shape
    private let model: GraphBuilder
    private let activation: (Stream) -> Stream
    private let projection: Projection

    /// `activation` is the f of the gated linear unit.
    public init(
        _ shape: Shape, _ model: GraphBuilder, activation: @escaping (Stream) -> Stream = { $0.silu }, projection: @escaping Projection
    ) {
        (self.shape, self.model, self.activation, self.projection) = (shape, model, activation, projection)
    }

    /// W_head norm(x), where x begins as the token's embedding and each layer adds to it: x ← x + attention(norm(x)),
    /// x ← x + feedForward(norm(x)). The head is float, and the embedding itself where the two are tied.
    public func logits() -> Stream {
        var x = model.embedding("model.embed_tokens", vocabulary: shape.vocabulary, width: shape.width)
        for layer in 0..<shape.layers {
            model.scope("model.layers.\(layer)") {
                x = x + attention(normed(x, "input_layernorm"), window: shape.windows[layer])
                x = x + feedForward(normed(x, "post_attention_layernorm"))
            }
        }
        let table = shape.tiesEmbeddings ? "model.embed_tokens.weight" : nil
        return normed(x, "model.norm").linear("lm_head", to: shape.vocabulary, table: table)
    }

    /// W_o softmax(q kᵀ / √d) v, with q = RoPE(W_q x), k = RoPE(W_k x), v = W_v x; q and k normalised first where the family does so.
    private func attention(_ x: Stream, window: Int) -> Stream {
        model.scope("self_attn") {
            let (bias, shared) = (shape.attentionBias != .none, shape.keyValueHeads * shape.headWidth)
            let q = rotated(project(x, "q_proj", to: shape.heads * shape.headWidth, bias: bias), "q")
            let k = rotated(project(x, "k_proj", to: shared, bias: bias), "k")
            let v = project(x, "v_proj", to: shared, bias: bias)
            let o = q.attention(
                keys: k, values: v, heads: shape.heads, keyValueHeads: shape.keyValueHeads, window: window, name: "attention")
            return project(o, "o_proj", to: shape.width, bias: shape.attentionBias == .all)
        }
    }

    /// W_down(f(W_gate x) ⊙ W_up x).
    private func feedForward(_ x: Stream) -> Stream {
        model.scope("mlp") {
            let gate = project(x, "gate_proj", to: shape.intermediate, bias: shape.feedForwardHasBias)
            let up = project(x, "up_proj", to: shape.intermediate, bias: shape.feedForwardHasBias)
            return project(activation(gate) * up, "down_proj", to: shape.width, bias: shape.feedForwardHasBias)
        }
    }

    private func normed(_ x: Stream, _ name: String) -> Stream { x.norm(name, epsilon: shape.epsilon) }

    private func rotated(_ x: Stream, _ name: String) -> Stream {
        let x = shape.normsHeads ? x.headNorm("\(name)_norm", headWidth: shape.headWidth, epsilon: shape.epsilon) : x
        return x.rope(headWidth: shape.headWidth, base: shape.rotation.base, scaling: shape.rotation.scaling, name: "\(name)_rope")
    }

    private func project(_ x: Stream, _ name: String, to rows: Int, bias: Bool) -> Stream {
        let product = projection(x, name, rows)
        return bias ? product.bias(name) : product
    }
}
