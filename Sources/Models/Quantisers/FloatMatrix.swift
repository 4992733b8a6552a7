import Basis
import Tensors

/// A matrix of stored floats, row after row.
public struct FloatMatrix {
    public let rows: Int
    public let columns: Int
    public let element: ElementType
    public let bytes: UnsafeRawBufferPointer
    /// What it is called, where that is known.
    public var name = ""

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

    /// Row `row` as floats.
    public func copyRow(_ row: Int, to floats: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
        guard let start = stored(row..<row + 1).baseAddress else { return }
        _ = kernels.widen(start, element: element, count: columns, into: floats)
    }
}
