/// Products of matrices of floats, which adjoints are made of. An interface, so that only a program that trains is linked with a library
/// of linear algebra.
public protocol FloatProducts: Sendable {
    /// c += factor · a b, or aᵀ b if `transposed`; the same bits for every number of threads.
    func add(_ a: FloatBlock, transposed: Bool, _ b: FloatBlock, factor: Float, to c: MutableFloatBlock)
}

/// Rows of floats, `stride` apart.
public struct FloatBlock: @unchecked Sendable {
    public let start: UnsafePointer<Float>
    public let rows: Int
    public let columns: Int
    public let stride: Int

    public init(_ start: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int) {
        (self.start, self.rows, self.columns, self.stride) = (start, rows, columns, stride)
    }
}

/// The same, to be written.
public struct MutableFloatBlock: @unchecked Sendable {
    public let start: UnsafeMutablePointer<Float>
    public let rows: Int
    public let columns: Int
    public let stride: Int

    public init(_ start: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
        (self.start, self.rows, self.columns, self.stride) = (start, rows, columns, stride)
    }
}

extension Rows {
    /// These rows of floats as a matrix.
    var block: FloatBlock { FloatBlock(self[0], rows: count, columns: width, stride: stride) }
    var mutableBlock: MutableFloatBlock { MutableFloatBlock(self[0], rows: count, columns: width, stride: stride) }
}
