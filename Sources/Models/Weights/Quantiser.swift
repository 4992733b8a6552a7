import Basis
import Tensors

/// A quantiser plugin: makes a matrix of floats ternary.
public protocol Quantiser: Sendable {
    /// The name that `quantize --method` takes: `absmean`.
    static var name: String { get }

    /// Writes the trit codes of every row to `codes`, each row on a byte of its own, `(columns + 3) / 4` bytes; refuses NaN and infinity.
    static func quantise(_ matrix: FloatMatrix, codes: UnsafeMutableRawBufferPointer, _ kernels: Kernels, _ threads: ThreadPool) throws
        -> QuantisedMatrix
}

/// What a quantiser says of its work.
public struct QuantisedMatrix: Hashable, Sendable {
    /// What a trit of +1 stands for.
    public let scale: Float

    public init(scale: Float) { self.scale = scale }
}

/// A matrix of stored floats, row after row.
public struct FloatMatrix {
    public let rows: Int
    public let columns: Int
    public let element: ElementType
    public let bytes: UnsafeRawBufferPointer

    public init(rows: Int, columns: Int, element: ElementType, bytes: UnsafeRawBufferPointer) throws {
        guard element.isFloat else { throw Failure("has elements of type \(element.rawValue), expected floats") }
        guard bytes.count == rows * columns * element.size else {
            throw Failure("has \(bytes.count) bytes, expected \(rows) x \(columns) elements")
        }
        (self.rows, self.columns, self.element, self.bytes) = (rows, columns, element, bytes)
    }

    /// The stored bytes of some rows.
    public func stored(_ part: Range<Int>) -> UnsafeRawBufferPointer {
        let stride = columns * element.size
        return UnsafeRawBufferPointer(rebasing: bytes[part.lowerBound * stride..<part.upperBound * stride])
    }
}
