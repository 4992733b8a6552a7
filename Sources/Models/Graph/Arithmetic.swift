import Glibc
import Tensors

/// The numbers that an operation's definition is written over: doubles make it an oracle, counting numbers make it a price list.
public protocol Arithmetic {
    init(_ value: Double)
    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self
    var exponential: Self { get }
    var squareRoot: Self { get }
    var magnitude: Self { get }
    /// Half to even.
    var rounded: Self { get }
    static func maximum(_ a: Self, _ b: Self) -> Self
    /// Adds `x` as often as the trit says: -1, 0 or +1 times.
    mutating func accumulate(_ trit: Int8, _ x: Self)
}

extension Double: Arithmetic {
    public var exponential: Double { exp(self) }
    public var rounded: Double { self.rounded(.toNearestOrEven) }
    public static func maximum(_ a: Double, _ b: Double) -> Double { Swift.max(a, b) }
    public mutating func accumulate(_ trit: Int8, _ x: Double) { self += Double(trit) * x }
    public var squareRoot: Double { self.squareRoot() }
}

/// A weight as definitions read it.
public struct DefinitionWeight<Number: Arithmetic> {
    let dense: [Float]
    let trits: [Int8]
    let columns: Int
    /// Of a ternary weight: what one trit stands for.
    public let scale: Number
    /// Of an operation with several weights: each of them.
    public let parts: [DefinitionWeight]

    /// Numbers: a table, or what `Operation.prepared` made of a dense weight.
    public init(dense: [Float], columns: Int) {
        (self.dense, self.trits, self.columns, self.scale, parts) = (dense, [], columns, Number(1), [])
    }

    /// Several weights.
    public init(parts: [DefinitionWeight]) {
        (dense, trits, columns, scale, self.parts) = ([], [], 0, Number(1), parts)
    }

    public init(trits: [Int8], columns: Int, scale: Float) {
        (self.dense, self.trits, self.columns, self.scale, parts) = ([], trits, columns, Number(Double(scale)), [])
    }

    public static var none: Self { Self(dense: [], columns: 0) }

    public subscript(_ index: Int) -> Number { Number(Double(dense[index])) }
    public subscript(_ row: Int, _ column: Int) -> Number { Number(Double(dense[row * columns + column])) }
    public func trit(_ row: Int, _ column: Int) -> Int8 { trits[row * columns + column] }
}
