import Basis
import Models

/// BitNet b1.58 (Ma et al. 2024, "The Era of 1-bit LLMs"): a Llama whose matrices are ternary and whose activations are int8. Read are
/// `bitnet` (2B-4T; Ma et al. 2025, "BitNet b1.58 2B4T Technical Report": squared ReLU and a norm before both output projections),
/// 1bitLLM's earlier reproduction, which has the same norms under other names and silu, and Llamas that transformers' quantiser
/// `bitnet` converted, with or without a norm in each projection. The head is float in all of them.
public enum BitNet: ModelFamily {
    public static let name = "bitnet"
    public static let modelTypes = ["bitnet", "bitnet_b1_58", "llama"]
    public static let quantiser = "absmean"

    public static func graph(configuration: JSON) throws -> Graph {
        let shape = try Shape(configuration)
        return try Graph { Equations(shape: shape, model: $0).logits() }
    }
}

private struct Equations {
    let shape: BitNet.Shape
    let model: GraphBuilder

    func logits() -> Stream {
        var x = model.embedding("model.embed_tokens", vocabulary: shape.vocabulary, width: shape.width)
        for layer in 0..<shape.layers {
            model.scope("model.layers.\(layer)") {
                x = x + attention(x.norm("input_layernorm", epsilon: shape.epsilon))
                x = x + feedForward(x.norm("post_attention_layernorm", epsilon: shape.epsilon))
            }
        }
        let table = shape.tiesEmbeddings ? "model.embed_tokens.weight" : nil
        return x.norm("model.norm", epsilon: shape.epsilon).linear("lm_head", to: shape.vocabulary, table: table)
    }

    /// W_o norm(softmax(q kᵀ / √d) v), with q = RoPE(W_q x), k = RoPE(W_k x), v = W_v x.
    private func attention(_ x: Stream) -> Stream {
        model.scope("self_attn") {
            let (bias, shared) = (shape.attentionHasBias, shape.keyValueHeads * shape.headWidth)
            let q = rotated(project(x, "q_proj", to: shape.heads * shape.headWidth, bias: bias), "q_rope")
            let k = rotated(project(x, "k_proj", to: shared, bias: bias), "k_rope")
            let v = project(x, "v_proj", to: shared, bias: bias)
            let o = q.attention(keys: k, values: v, heads: shape.heads, keyValueHeads: shape.keyValueHeads, name: "attention")
            return project(normed(o, shape.norms?.attention), "o_proj", to: shape.width, bias: bias)
        }
    }

    /// W_down norm(f(W_gate x) ⊙ W_up x).
    private func feedForward(_ x: Stream) -> Stream {
        model.scope("mlp") {
            let gate = project(x, "gate_proj", to: shape.intermediate, bias: shape.feedForwardHasBias)
            let up = project(x, "up_proj", to: shape.intermediate, bias: shape.feedForwardHasBias)
            let h = (shape.activation == .silu ? gate.silu : gate.squaredReLU) * up
            return project(normed(h, shape.norms?.feedForward), "down_proj", to: shape.width, bias: shape.feedForwardHasBias)
        }
    }

    private func rotated(_ x: Stream, _ name: String) -> Stream {
        x.rope(headWidth: shape.headWidth, base: shape.rotation.base, scaling: shape.rotation.scaling, name: name)
    }

    private func normed(_ x: Stream, _ name: String?) -> Stream { name.map { x.norm($0, epsilon: shape.epsilon) } ?? x }

    /// Int8 activations, after a norm of the projection's own if it has one, times a ternary matrix; in floats if it was left out.
    private func project(_ x: Stream, _ name: String, to rows: Int, bias: Bool) -> Stream {
        let product =
            if shape.keepsFloats(model.full(name)) {
                x.linear(name, to: rows)
            } else {
                innerNorm(x, name).quantised("\(name).quantised").ternaryLinear(name, to: rows)
            }
        return bias ? product.bias(name) : product
    }

    private func innerNorm(_ x: Stream, _ name: String) -> Stream {
        shape.innerEpsilon.map { x.norm("\(name).rms_norm", epsilon: $0) } ?? x
    }
}
