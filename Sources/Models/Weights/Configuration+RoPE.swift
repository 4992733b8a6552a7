import Basis

extension Configuration {
    /// Base and scaling of rotary embedding, in the dialect of either age: `rope_theta` and `rope_scaling`, or both in `rope_parameters`.
    public func rotation(base standard: Double) throws -> (base: Double, scaling: RoPE.Scaling) {
        let parameters = try part("rope_parameters")
        let base = try parameters?.positive("rope_theta", default: positive("rope_theta", default: standard))
        let share = try positive("partial_rotary_factor", default: parameters?.positive("partial_rotary_factor", default: 1) ?? 1)
        guard share == 1 else { throw refusal("partial_rotary_factor", .number(share), "1") }
        let scaling = try (parameters ?? part("rope_scaling"))?.rotaryScaling() ?? .none
        return (try base ?? positive("rope_theta", default: standard), scaling)
    }

    /// What an object with a `rope_type`, formerly `type`, says.
    private func rotaryScaling() throws -> RoPE.Scaling {
        let key = json["rope_type"] == nil ? "type" : "rope_type"
        switch try choice(key, of: ["default", "linear", "llama3"], default: "default") {
        case "linear": return .linear(factor: try required("factor"))
        case "llama3":
            let low = try required("low_freq_factor"), high = try required("high_freq_factor")
            guard low < high else { throw refusal("low_freq_factor", .number(low), "less than high_freq_factor") }
            guard let original = try optionalSize("original_max_position_embeddings", most: Int(Int32.max)) else {
                throw refusal("original_max_position_embeddings", .null, "an integer")
            }
            return .llama3(factor: try required("factor"), low: low, high: high, original: original)
        default: return .none
        }
    }

    private func required(_ key: String) throws -> Double {
        guard json[key] != nil else { throw refusal(key, .null, "a positive number") }
        return try positive(key, default: 1)
    }
}
