/// What one row of a node's output is: one row a token.
public enum Form: Hashable, Sendable {
    /// `width` numbers, float32.
    case floats(Int)
    /// `width` int8 activations with one scale for the row, as `Quantise` makes them.
    case quantised(Int)

    public var width: Int {
        switch self {
        case .floats(let width), .quantised(let width): width
        }
    }
}

extension Form: CustomStringConvertible {
    public var description: String {
        switch self {
        case .floats(let width): "f32[\(width)]"
        case .quantised(let width): "i8[\(width)]"
        }
    }
}
