import Basis
import Tensors

/// A matrix of floats in the element type of its file, of small integers with scales, or of planes of trits, of which rows are looked up or
/// multiplied by.
public final class Table: @unchecked Sendable {
    public let rows: Int
    public let columns: Int
    private let content: Content
    /// What keeps the memory alive: a file, or buffers.
    private let owners: [AnyObject]

    private enum Content {
        case floats(UnsafeRawPointer, ElementType)
        case integers(IntegerRows, IntegerBits)
        /// And the bytes of a row in memory.
        case planes(PlaneRows, Int)
    }

    /// A table whose bytes, row after row, live as long as `owner`.
    public init(rows: Int, columns: Int, element: ElementType, memory: UnsafeRawBufferPointer, owner: AnyObject) throws {
        guard element.isFloat else { throw Failure("has elements of type \(element.rawValue), expected floats") }
        guard memory.count == rows * columns * element.size, let start = memory.baseAddress else {
            throw Failure("has \(memory.count) bytes, expected \(rows) rows of \(columns)")
        }
        (self.rows, self.columns, content, owners) = (rows, columns, .floats(start, element), [owner])
    }

    /// A table of integers, whose codes and scales live as long as `owners`.
    public init(
        rows: Int, columns: Int, bits: IntegerBits, codes: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer, owners: [AnyObject]
    ) throws {
        let groups = IntegerBits.groups(rows: rows), groupScales = IntegerBits.groupScales(width: columns)
        guard codes.count == groups * bits.groupBytes(width: columns), scales.count == 2 * groups * groupScales,
            let start = codes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let scales = scales.baseAddress?.assumingMemoryBound(to: UInt16.self)
        else { throw Failure("has \(codes.count) bytes of codes and \(scales.count) of scales for \(rows) rows of \(columns)") }
        let view = IntegerRows(start, scales: scales, rows: rows, width: columns, bits: bits)
        (self.rows, self.columns, content, self.owners) = (rows, columns, .integers(view, bits), owners)
    }

    /// A matrix of planes that live as long as `owners`; `rowBytes` is what a row of them takes.
    init(rows: Int, columns: Int, planes: PlaneRows, rowBytes: Int, owners: [AnyObject]) {
        (self.rows, self.columns, content, self.owners) = (rows, columns, .planes(planes, rowBytes), owners)
    }

    /// Bytes of a row.
    var rowBytes: Int {
        switch content {
        case .floats(_, let element): columns * element.size
        case .integers(_, let bits): bits.groupBytes(width: columns) / IntegerBits.group + 2 * IntegerBits.spans(width: columns)
        case .planes(_, let rowBytes): rowBytes
        }
    }

    /// Every row times each row of `x`, floats.
    func multiply(_ x: Rows, into output: Rows, _ context: borrowing RunContext) {
        let (kernels, threads, count) = (context.kernels, context.threads, output.count)
        switch content {
        case .planes(let planes, _):
            kernels.product(planes, x[0], stride: x.stride, count: count, into: output[0], outStride: output.stride, threads)
        case .integers(let table, _):
            kernels.product(table, x[0], stride: x.stride, count: count, into: output[0], outStride: output.stride, threads)
        case .floats(let base, let element):
            threads.parallel(rows, grain: max(1, 65536 / (rowBytes * count))) { part in
                _ = kernels.productDense(
                    base + part.lowerBound * rowBytes, element: element, rows: part.count, width: columns, x[0], stride: x.stride,
                    count: count, into: output[0] + part.lowerBound, outStride: output.stride)
            }
        }
    }

    /// Row `row` as floats; zeros if there is no such row.
    public func copyRow(_ row: Int, to output: UnsafeMutablePointer<Float>, _ kernels: Kernels) {
        guard row >= 0, row < rows else { return output.update(repeating: 0, count: columns) }
        switch content {
        case .floats(let base, let element): _ = kernels.widen(base + row * rowBytes, element: element, count: columns, into: output)
        case .integers(let table, _): kernels.widen(table, row: row, into: output)
        case .planes(let planes, _): kernels.widen(planes, row: row, into: output)
        }
    }
}
