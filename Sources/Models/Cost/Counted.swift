import Glibc

/// A number that counts what is done with it: `define` run on it says what an operation costs.
package struct Counted: Arithmetic {
    /// Where the counts go.
    package final class Tally: @unchecked Sendable {
        package var cost = Cost()
        package init() {}
    }

    @TaskLocal package static var tally: Tally?

    package let value: Double

    package init(_ value: Double) { self.value = value }

    private static func count(_ kind: WritableKeyPath<Cost, Int>, _ value: Double) -> Counted {
        tally?.cost[keyPath: kind] += 1
        return Counted(value)
    }

    package static func + (a: Counted, b: Counted) -> Counted { count(\.additions, a.value + b.value) }
    package static func - (a: Counted, b: Counted) -> Counted { count(\.additions, a.value - b.value) }
    package static func * (a: Counted, b: Counted) -> Counted { count(\.multiplications, a.value * b.value) }
    package static func / (a: Counted, b: Counted) -> Counted { count(\.divisions, a.value / b.value) }
    package var exponential: Counted { Self.count(\.exponentials, value.exponential) }
    package var squareRoot: Counted { Self.count(\.squareRoots, value.squareRoot) }
    package var magnitude: Counted { Self.count(\.comparisons, value.magnitude) }
    package var rounded: Counted { Self.count(\.comparisons, value.rounded) }
    package static func maximum(_ a: Counted, _ b: Counted) -> Counted { count(\.comparisons, Swift.max(a.value, b.value)) }
    package mutating func accumulate(_ trit: Int8, _ x: Counted) { self = Self.count(\.accumulations, value + Double(trit) * x.value) }
}
