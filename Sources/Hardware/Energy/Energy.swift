/// Joules, by where they go.
public struct Energy: Hashable, Sendable {
    /// Arithmetic.
    public var operations = 0.0
    /// Reading and writing memories, by their names.
    public var memories: [String: Double] = [:]
    /// Between chips.
    public var link = 0.0
    /// What chips take always, times their number and the time.
    public var idle = 0.0
    public var host = 0.0
    /// What the device's power while it works, times the time, leaves beside all that: clocks, wires, control.
    public var rest = 0.0

    public init() {}

    /// Reading and writing all memories.
    public var memory: Double { memories.values.reduce(0, +) }
    /// What moves and is computed.
    public var dynamic: Double { operations + memory + link }
    public var total: Double { dynamic + idle + host + rest }

    public static func + (a: Energy, b: Energy) -> Energy {
        var sum = a
        sum.operations += b.operations
        sum.memories.merge(b.memories, uniquingKeysWith: +)
        sum.link += b.link
        sum.idle += b.idle
        sum.host += b.host
        sum.rest += b.rest
        return sum
    }

    public static func * (factor: Double, a: Energy) -> Energy {
        var product = a
        product.operations *= factor
        product.memories = a.memories.mapValues { factor * $0 }
        product.link *= factor
        product.idle *= factor
        product.host *= factor
        product.rest *= factor
        return product
    }
}
