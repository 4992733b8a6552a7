import Basis
import Models

/// What a folder's `quantization_config` says of its matrices, where it is transformers' `bitnet`.
struct PackingRule {
    /// Whether a trit of +1 stands for `weight_scale` (AutoBitLinear) or for its inverse (BitLinear, the default).
    let multiplies: Bool

    /// Nil where matrices are floats that each pass makes ternary anew, or where nothing is said of ternary matrices.
    init?(_ config: JSON) throws {
        guard let quantisation = try Configuration(config).part("quantization_config"),
            try quantisation.string("quant_method", default: "") == "bitnet"
        else { return nil }
        let linear = try quantisation.choice("linear_class", of: ["bitlinear", "autobitlinear"], default: "bitlinear")
        let mode = try quantisation.choice("quantization_mode", of: ["offline", "online"], default: "offline")
        multiplies = linear == "autobitlinear"
        // BitLinear knows no other mode than offline.
        if multiplies, mode == "online" { return nil }
    }

    /// What a trit of +1 stands for.
    func scale(_ stored: Float) throws -> Float {
        let scale = multiplies ? stored : 1 / stored
        guard scale.isFinite, scale > 0, stored.isFinite else { throw Failure("is \(stored), expected a positive number") }
        return scale
    }
}
