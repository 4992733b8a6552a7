import Glibc

extension RoPE.Scaling {
    /// By what cosines and sines are multiplied.
    var attention: Float {
        switch self {
        case .yarn(let yarn): Float(yarn.attention)
        case .longRoPE(let long): Float(long.attention)
        default: 1
        }
    }

    /// Whether frequencies depend on the position.
    var varies: Bool {
        switch self {
        case .dynamic, .longRoPE: true
        default: false
        }
    }

    /// The angle that each position adds, for each pair of a head of `width` numbers, of the token at `position`; in single precision, as
    /// the originals compute it.
    func frequencies(width: Int, base: Double, position: Int) -> [Float] {
        switch self {
        case .yarn(let yarn): return yarn.frequencies(width: width, base: base)
        case .longRoPE(let long):
            let factors = position < long.original ? long.short : long.long
            return zip(Self.powers(width, base), factors).map { 1 / (Float($1) * $0) }
        case .dynamic(let factor, let original):
            let stretch = factor * Double(max(position + 1, original)) / Double(original) - (factor - 1)
            return Self.powers(width, base * pow(stretch, Double(width) / Double(width - 2))).map { 1 / $0 }
        default: return Self.powers(width, base).map { scaled(1 / $0) }
        }
    }

    /// base^(2j / width) for each pair j.
    fileprivate static func powers(_ width: Int, _ base: Double) -> [Float] {
        (0..<width / 2).map { powf(Float(base), Float(2 * $0) / Float(width)) }
    }

    private func scaled(_ frequency: Float) -> Float {
        switch self {
        case .linear(let factor): return frequency / Float(factor)
        case .llama3(let factor, let low, let high, let original):
            let turns = Float(original) * frequency / (2 * .pi)
            if turns < Float(low) { return frequency / Float(factor) }
            if turns > Float(high) { return frequency }
            let smooth = (turns - Float(low)) / Float(high - low)
            return (1 - smooth) * frequency / Float(factor) + smooth * frequency
        default: return frequency
        }
    }
}

extension RoPE.Yarn {
    /// What cosines and sines are multiplied by where nothing else is said (equation 22, with the scale that a model may add).
    public static func attention(factor: Double, scale: Double = 1) -> Double { factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1 }

    func frequencies(width: Int, base: Double) -> [Float] {
        let ramp = ramp(width, base)
        return RoPE.Scaling.powers(width, base).enumerated().map { pair, power in
            let divided = min(1, max(0, (Float(pair) - ramp.from) / (ramp.to - ramp.from)))
            return 1 / (Float(factor) * power) * divided + 1 / power * (1 - divided)
        }
    }

    /// The pairs between which frequencies pass from staying to being divided.
    private func ramp(_ width: Int, _ base: Double) -> (from: Float, to: Float) {
        func pair(_ turns: Double) -> Double { Double(width) * log(Double(original) / (turns * 2 * .pi)) / (2 * log(base)) }
        let from = max(truncates ? pair(fast).rounded(.down) : pair(fast), 0)
        let to = min(truncates ? pair(slow).rounded(.up) : pair(slow), Double(width - 1))
        return (Float(from), Float(from == to ? to + 0.001 : to))
    }
}
