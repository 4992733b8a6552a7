import Basis
import Tensors

/// A matrix of floats in the element type of its file, of which rows are looked up.
public final class Table: @unchecked Sendable {
    public let rows: Int
    public let columns: Int
    public let element: ElementType
    private let memory: UnsafeRawBufferPointer
    /// What keeps the memory alive: a file, or the table's own buffer.
    private let owner: AnyObject

    /// A table whose bytes, row after row, live as long as `owner`.
    public init(rows: Int, columns: Int, element: ElementType, memory: UnsafeRawBufferPointer, owner: AnyObject) throws {
        guard element.isFloat else { throw Failure("has elements of type \(element.rawValue), expected floats") }
        guard memory.count == rows * columns * element.size else {
            throw Failure("has \(memory.count) bytes, expected \(rows) rows of \(columns)")
        }
        (self.rows, self.columns, self.element, self.memory, self.owner) = (rows, columns, element, memory, owner)
    }

    /// Bytes of a row.
    var rowBytes: Int { columns * element.size }

    /// Every row times each row of `x`, floats.
    func multiply(_ x: Rows, into output: Rows, _ context: borrowing RunContext) {
        guard let base = memory.baseAddress else { return }
        let kernels = context.kernels
        context.threads.parallel(rows, grain: max(1, 65536 / (rowBytes * output.count))) { part in
            _ = kernels.productDense(
                base + part.lowerBound * rowBytes, element: element, rows: part.count, width: columns, x[0], stride: x.stride,
                count: output.count, into: output[0] + part.lowerBound, outStride: output.stride)
        }
    }

    /// Row `row` as floats; zeros if there is no such row.
    func copyRow(_ row: Int, to output: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
        guard row >= 0, row < rows, let base = memory.baseAddress else { return output.update(repeating: 0, count: columns) }
        let start = base + row * rowBytes
        _ = kernels.widen(start, element: element, count: columns, into: output)
    }
}
