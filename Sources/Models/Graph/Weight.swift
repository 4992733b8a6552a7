/// A tensor that an operation needs, by the name under which a container holds it.
public struct Weight: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        /// A matrix of trits with one scale: the operation multiplies by it.
        case ternary
        /// A matrix of which the operation looks up rows; it stays in the element type of its file.
        case table
        /// Numbers that the operation wants as float32: gains, bounds.
        case dense
    }

    public let name: String
    public let shape: [Int]
    public let kind: Kind
    /// The tensor of a float checkpoint that this one is made from, where it is not called `name`: tied embeddings, say.
    public let source: String

    public init(_ name: String, shape: [Int], kind: Kind, source: String? = nil) {
        self.name = name
        self.shape = shape
        self.kind = kind
        self.source = source ?? name
    }

    /// Of a matrix: its rows, the outermost dimension.
    public var rows: Int { shape.first ?? 1 }
    /// Of a matrix: its columns, the innermost dimension.
    public var columns: Int { shape.last ?? 1 }

    /// How many numbers it holds; at most `Int.max`.
    public var count: Int {
        shape.reduce(1) { product, dimension in
            let (result, overflow) = product.multipliedReportingOverflow(by: dimension)
            return overflow ? .max : result
        }
    }
}
