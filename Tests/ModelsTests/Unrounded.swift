import Glibc
import Models

/// Doubles that round to themselves: what a definition says where the gradient goes straight through a quantiser.
struct Unrounded: Arithmetic {
    let value: Double

    init(_ value: Double) { self.value = value }

    static func + (a: Self, b: Self) -> Self { Self(a.value + b.value) }
    static func - (a: Self, b: Self) -> Self { Self(a.value - b.value) }
    static func * (a: Self, b: Self) -> Self { Self(a.value * b.value) }
    static func / (a: Self, b: Self) -> Self { Self(a.value / b.value) }
    var exponential: Self { Self(exp(value)) }
    var squareRoot: Self { Self(value.squareRoot()) }
    var magnitude: Self { Self(abs(value)) }
    var rounded: Self { self }
    static func maximum(_ a: Self, _ b: Self) -> Self { a.value > b.value ? a : b }
    mutating func accumulate(_ trit: Int8, _ x: Self) { self = Self(value + Double(trit) * x.value) }
}
