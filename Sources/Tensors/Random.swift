import Glibc

/// A seeded generator whose numbers are the same on every platform: xoshiro256** 1.0 (Blackman and Vigna, "Scrambled linear
/// pseudorandom number generators", 2018), its state filled by splitmix64 (Steele, Lea and Flood, OOPSLA 2014) as they advise.
public struct Random: RandomNumberGenerator, Hashable, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)
    private var spare: Double?

    public init(seed: UInt64) {
        var mixer = SplitMix(state: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// A generator at a given state, which must not be all zeros.
    package init(state: (UInt64, UInt64, UInt64, UInt64)) { self.state = state }

    public mutating func next() -> UInt64 {
        let times5 = state.1 &* 5
        let result = (times5 << 7 | times5 >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }

    /// Uniform in [0, 1), a multiple of 2^-24.
    public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Uniform in [0, 1), a multiple of 2^-53.
    public mutating func uniformDouble() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Normally distributed with mean 0 and variance 1: Marsaglia's polar method (SIAM Review 6, 1964).
    public mutating func normal() -> Float {
        if let value = spare {
            spare = nil
            return Float(value)
        }
        var (x, y, square) = (0.0, 0.0, 0.0)
        repeat {
            x = 2 * uniformDouble() - 1
            y = 2 * uniformDouble() - 1
            square = x * x + y * y
        } while square >= 1 || square == 0
        let factor = (-2 * log(square) / square).squareRoot()
        spare = y * factor
        return Float(x * factor)
    }

    public static func == (a: Random, b: Random) -> Bool { a.state == b.state && a.spare == b.spare }

    public func hash(into hasher: inout Hasher) { hasher.combine(state.0 ^ state.1 ^ state.2 ^ state.3) }
}

/// Spreads a seed over states.
package struct SplitMix {
    private var state: UInt64

    package init(state: UInt64) { self.state = state }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
