import Basis
import Models

/// BitNet b1.58 (Ma et al. 2024, "The Era of 1-bit LLMs"): a Llama whose matrices are ternary and whose activations are int8. Read are
/// `bitnet` (2B-4T; Ma et al. 2025, "BitNet b1.58 2B4T Technical Report": squared ReLU and a norm before both output projections),
/// 1bitLLM's earlier reproduction, which has the same norms under other names and silu, and Llamas that transformers' quantiser
/// `bitnet` converted, with or without a norm in each projection. The head is float in all of them.
public enum BitNet: ModelFamily {
    public static let name = "bitnet"
    public static let modelTypes = ["bitnet", "bitnet_b1_58", "llama"]
    public static let quantiser: String? = "absmean"

    /// Llamas are only of this family if something says that they are ternary.
    public static func reads(_ configuration: JSON) -> Bool {
        guard hasItsType(configuration) else { return false }
        return Kind(configuration) != .llama || configuration["quantization_config"]?["quant_method"] == "bitnet"
    }

    public static func graph(configuration: JSON) throws -> Graph {
        let shape = try Shape(configuration)
        return try Graph { model in
            let projections = Projections(shape: shape, model: model)
            return Transformer(shape.transformer, model, activation: projections.activation, projection: projections.project).logits()
        }
    }
}

/// What BitNet does otherwise than Llama.
private struct Projections {
    let shape: BitNet.Shape
    let model: GraphBuilder

    func activation(_ x: Stream) -> Stream { shape.activation == .silu ? x.silu : x.squaredReLU }

    /// Int8 activations, after a norm of the projection's own if it has one, times a ternary matrix; in floats if it was left out.
    func project(_ x: Stream, _ name: String, to rows: Int) -> Stream {
        let x = outerNorm(x, name)
        guard !shape.keepsFloats(model.full(name)) else { return x.linear(name, to: rows) }
        return innerNorm(x, name).quantised("\(name).quantised").ternaryLinear(name, to: rows)
    }

    /// The norm before an output projection.
    private func outerNorm(_ x: Stream, _ name: String) -> Stream {
        let norms = shape.norms, norm = name == "o_proj" ? norms?.attention : name == "down_proj" ? norms?.feedForward : nil
        return norm.map { x.norm($0, epsilon: shape.transformer.epsilon) } ?? x
    }

    private func innerNorm(_ x: Stream, _ name: String) -> Stream {
        shape.innerEpsilon.map { x.norm("\(name).rms_norm", epsilon: $0) } ?? x
    }
}
