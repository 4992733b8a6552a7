import Basis
import Glibc

extension RoPE {
    /// How the angles of a model are stretched for texts longer than it was first trained on.
    public enum Scaling: Hashable, Sendable {
        case none
        /// All frequencies divided by a factor (Chen et al. 2023, "position interpolation").
        case linear(factor: Double)
        /// Only low frequencies divided, with a smooth passage in between (Llama 3.1; `_compute_llama3_parameters` of transformers).
        case llama3(factor: Double, low: Double, high: Double, original: Int)
    }

    /// The angle that each position adds, for each pair of a head; in single precision, as the originals compute it.
    static func frequencies(width: Int, base: Double, scaling: Scaling) -> [Float] {
        (0..<width / 2).map { pair in
            let exponent = Float(2 * pair) / Float(width)
            return scaling.applied(to: 1 / powf(Float(base), exponent))
        }
    }
}

extension RoPE.Scaling {
    func applied(to frequency: Float) -> Float {
        switch self {
        case .none: return frequency
        case .linear(let factor): return frequency / Float(factor)
        case .llama3(let factor, let low, let high, let original):
            let turns = Float(original) * frequency / (2 * .pi)
            if turns < Float(low) { return frequency / Float(factor) }
            if turns > Float(high) { return frequency }
            let smooth = (turns - Float(low)) / Float(high - low)
            return (1 - smooth) * frequency / Float(factor) + smooth * frequency
        }
    }

    var attributes: JSONObject {
        switch self {
        case .none: ["kind": "none"]
        case .linear(let factor): ["kind": "linear", "factor": .number(factor)]
        case .llama3(let factor, let low, let high, let original):
            ["kind": "llama3", "factor": .number(factor), "low": .number(low), "high": .number(high), "original": .integer(original)]
        }
    }

    init(attributes: AttributeReader) throws {
        let kind = try attributes.string("kind")
        guard kind != "none" else {
            try attributes.only("kind")
            self = .none
            return
        }
        let factor = try attributes.double("factor")
        guard factor > 0 else { throw Failure("the factor \(factor) is not positive") }
        switch kind {
        case "linear":
            try attributes.only("kind", "factor")
            self = .linear(factor: factor)
        case "llama3":
            try attributes.only("kind", "factor", "low", "high", "original")
            let low = try attributes.double("low"), high = try attributes.double("high")
            guard low > 0, high > low else { throw Failure("the bounds \(low) and \(high) are not in order") }
            self = .llama3(factor: factor, low: low, high: high, original: try attributes.size("original"))
        default: throw Failure("unknown scaling '\(kind)'")
        }
    }
}
