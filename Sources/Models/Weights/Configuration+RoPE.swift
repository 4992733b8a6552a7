import Basis
import Glibc

extension Configuration {
    /// Base and scaling of rotary embedding, in the dialect of either age: `rope_theta` and `rope_scaling`, or both in `rope_parameters`.
    /// `positions` is what `max_position_embeddings` is where it is absent.
    public func rotation(base standard: Double, positions: Int) throws -> (base: Double, scaling: RoPE.Scaling) {
        let parameters = try part("rope_parameters")
        let base = try parameters?.positive("rope_theta", default: positive("rope_theta", default: standard))
        let share = try positive("partial_rotary_factor", default: parameters?.positive("partial_rotary_factor", default: 1) ?? 1)
        guard share == 1 else { throw refusal("partial_rotary_factor", .number(share), "1") }
        let lengths = TextLengths(
            limit: try size("max_position_embeddings", default: positions, most: Int(Int32.max)), original: try originalLength)
        let scaling = try (parameters ?? part("rope_scaling"))?.rotaryScaling(lengths) ?? .none
        return (try base ?? positive("rope_theta", default: standard), scaling)
    }

    /// Tokens that texts may have, and that they had when the model was first trained, if that is said.
    private struct TextLengths {
        let limit: Int
        let original: Int?
    }

    private var originalLength: Int? {
        get throws { try optionalSize("original_max_position_embeddings", most: Int(Int32.max)) }
    }

    /// What an object with a `rope_type`, formerly `type`, says.
    private func rotaryScaling(_ lengths: TextLengths) throws -> RoPE.Scaling {
        for key in ["full_attention", "sliding_attention"] where json[key] != nil {
            throw refusal(key, json[key] ?? .null, "one rotation for all layers")
        }
        let known = ["default", "linear", "llama3", "dynamic", "yarn", "longrope"], key = json["rope_type"] == nil ? "type" : "rope_type"
        switch try choice(key, of: known, default: "default") {
        case "linear": return .linear(factor: try required("factor"))
        case "llama3":
            let low = try required("low_freq_factor"), high = try required("high_freq_factor")
            guard low < high else { throw refusal("low_freq_factor", .number(low), "less than high_freq_factor") }
            guard let original = try originalLength else { throw refusal("original_max_position_embeddings", .null, "an integer") }
            return .llama3(factor: try required("factor"), low: low, high: high, original: original)
        case "dynamic": return .dynamic(factor: try required("factor"), original: lengths.limit)
        case "yarn": return .yarn(try yarn(lengths))
        case "longrope": return .longRoPE(try longRoPE(lengths))
        default: return .none
        }
    }

    private func yarn(_ lengths: TextLengths) throws -> RoPE.Yarn {
        let factor = try required("factor"), fast = try positive("beta_fast", default: 32), slow = try positive("beta_slow", default: 1)
        guard slow <= fast else { throw refusal("beta_slow", .number(slow), "no more than beta_fast") }
        return RoPE.Yarn(
            factor: factor, original: try originalLength ?? lengths.original ?? lengths.limit, fast: fast, slow: slow,
            attention: try positive("attention_factor", default: try yarnAttention(factor)),
            truncates: try flag("truncate", default: true))
    }

    private func yarnAttention(_ factor: Double) throws -> Double {
        guard json["mscale"]?.doubleValue ?? 0 != 0, json["mscale_all_dim"]?.doubleValue ?? 0 != 0 else {
            return RoPE.Yarn.attention(factor: factor)
        }
        return RoPE.Yarn.attention(factor: factor, scale: try required("mscale"))
            / RoPE.Yarn.attention(factor: factor, scale: try required("mscale_all_dim"))
    }

    /// Of texts whose original length is said, the factor is how much longer they may be now.
    private func longRoPE(_ lengths: TextLengths) throws -> RoPE.LongRoPE {
        let given = try originalLength ?? lengths.original, original = given ?? lengths.limit
        let factor = try given.map { Double(lengths.limit) / Double($0) } ?? required("factor")
        let standard = factor <= 1 ? 1 : (1 + log(factor) / log(Double(max(2, original)))).squareRoot()
        return RoPE.LongRoPE(
            short: try positives("short_factor"), long: try positives("long_factor"), original: original,
            attention: try positive("attention_factor", default: standard))
    }

    private func required(_ key: String) throws -> Double {
        guard json[key] != nil else { throw refusal(key, .null, "a positive number") }
        return try positive(key, default: 1)
    }

    private func positives(_ key: String) throws -> [Double] {
        let values = json[key]?.arrayValue?.map { $0.doubleValue ?? 0 } ?? []
        guard !values.isEmpty, values.allSatisfy({ $0 > 0 && Float($0).isFinite }) else {
            throw refusal(key, json[key] ?? .null, "a list of positive numbers")
        }
        return values
    }
}
