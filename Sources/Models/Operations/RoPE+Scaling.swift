import Basis

extension RoPE {
    /// How the angles of a model are stretched for texts longer than it was first trained on.
    public enum Scaling: Hashable, Sendable {
        case none
        /// All frequencies divided by a factor (Chen et al. 2023, "position interpolation").
        case linear(factor: Double)
        /// Only low frequencies divided, with a smooth passage in between (Llama 3.1; `_compute_llama3_parameters` of transformers).
        case llama3(factor: Double, low: Double, high: Double, original: Int)
        /// A base that grows with the text beyond `original` tokens ("dynamic NTK"; `_compute_dynamic_ntk_parameters` of transformers).
        /// Each token turns as in a text that ends with it, which is what the original does token by token.
        case dynamic(factor: Double, original: Int)
        case yarn(Yarn)
        case longRoPE(LongRoPE)
    }

    /// Frequencies that turn often within a text of `original` tokens stay, those that turn seldom are divided, with a ramp in between
    /// (Peng et al. 2023, "YaRN", section 3.2; `_compute_yarn_parameters` of transformers).
    public struct Yarn: Hashable, Sendable {
        let factor: Double
        let original: Int
        /// Turns from which on a frequency stays, and below which it is divided.
        let fast, slow: Double
        /// By what cosines and sines are multiplied.
        let attention: Double
        /// Whether the ends of the ramp are whole numbers.
        let truncates: Bool

        public init(factor: Double, original: Int, fast: Double = 32, slow: Double = 1, attention: Double, truncates: Bool = true) {
            (self.factor, self.original, self.fast, self.slow) = (factor, original, fast, slow)
            (self.attention, self.truncates) = (attention, truncates)
        }
    }

    /// Each frequency divided by a factor of its own, one up to `original` tokens, another behind them (Ding et al. 2024, "LongRoPE";
    /// `_compute_longrope_parameters` of transformers). Each token turns as in a text that ends with it.
    public struct LongRoPE: Hashable, Sendable {
        let short, long: [Double]
        let original: Int
        let attention: Double

        public init(short: [Double], long: [Double], original: Int, attention: Double) {
            (self.short, self.long, self.original, self.attention) = (short, long, original, attention)
        }
    }
}

extension RoPE.Scaling {
    /// Refuses what does not fit heads of `width` numbers, or the base.
    func check(width: Int, base: Double) throws {
        switch self {
        case .yarn where base <= 1: throw Failure("yarn scaling has no ramp for a base of \(base)")
        case .longRoPE(let long):
            guard long.short.count == width / 2, long.long.count == width / 2 else {
                throw Failure("longrope has \(long.short.count) and \(long.long.count) factors for heads of \(width) numbers")
            }
        default: break
        }
    }

    var attributes: JSONObject {
        switch self {
        case .none: ["kind": "none"]
        case .linear(let factor): ["kind": "linear", "factor": .number(factor)]
        case .llama3(let factor, let low, let high, let original):
            ["kind": "llama3", "factor": .number(factor), "low": .number(low), "high": .number(high), "original": .integer(original)]
        case .dynamic(let factor, let original): ["kind": "dynamic", "factor": .number(factor), "original": .integer(original)]
        case .yarn(let yarn):
            [
                "kind": "yarn", "factor": .number(yarn.factor), "original": .integer(yarn.original), "fast": .number(yarn.fast),
                "slow": .number(yarn.slow), "attention": .number(yarn.attention), "truncates": .bool(yarn.truncates),
            ]
        case .longRoPE(let long):
            [
                "kind": "longrope", "short": .array(long.short.map { .number($0) }), "long": .array(long.long.map { .number($0) }),
                "original": .integer(long.original), "attention": .number(long.attention),
            ]
        }
    }

    init(attributes: AttributeReader) throws {
        switch try attributes.string("kind") {
        case "none":
            try attributes.only("kind")
            self = .none
        case "linear":
            try attributes.only("kind", "factor")
            self = .linear(factor: try attributes.positive("factor"))
        case "llama3":
            try attributes.only("kind", "factor", "low", "high", "original")
            let low = try attributes.double("low"), high = try attributes.double("high"), factor = try attributes.positive("factor")
            guard low > 0, high > low else { throw Failure("the bounds \(low) and \(high) are not in order") }
            self = .llama3(factor: factor, low: low, high: high, original: try attributes.size("original"))
        case "dynamic":
            try attributes.only("kind", "factor", "original")
            self = .dynamic(factor: try attributes.positive("factor"), original: try attributes.size("original"))
        case "yarn": self = .yarn(try RoPE.Yarn(attributes: attributes))
        case "longrope": self = .longRoPE(try RoPE.LongRoPE(attributes: attributes))
        case let kind: throw Failure("unknown scaling '\(kind)'")
        }
    }
}

extension RoPE.Yarn {
    init(attributes: AttributeReader) throws {
        try attributes.only("kind", "factor", "original", "fast", "slow", "attention", "truncates")
        self.init(
            factor: try attributes.positive("factor"), original: try attributes.size("original"), fast: try attributes.positive("fast"),
            slow: try attributes.positive("slow"), attention: try attributes.positive("attention"),
            truncates: try attributes.flag("truncates"))
    }
}

extension RoPE.LongRoPE {
    init(attributes: AttributeReader) throws {
        try attributes.only("kind", "short", "long", "original", "attention")
        self.init(
            short: try attributes.positives("short"), long: try attributes.positives("long"), original: try attributes.size("original"),
            attention: try attributes.positive("attention"))
    }
}
