/// Rows of quantised activations, all of one width, in memory that somebody lends: the planes of all rows, then one step a row, then one
/// sum a row. Different rows may be written at once by different threads.
public struct QuantisedRows: @unchecked Sendable {
    public let width: Int
    public let capacity: Int
    /// Bytes from one row's planes to the next.
    let stride: Int
    let planes: UnsafeMutablePointer<Int8>
    /// What one step of a row's integers stands for.
    let inverses: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Int32>

    /// Bytes that a row takes, a multiple of 64.
    public static func bytes(width: Int) -> Int { Kernels.activationBytes(width: width) + 64 }

    /// `memory` has `capacity * bytes(width:)` bytes.
    public init(width: Int, capacity: Int, memory: UnsafeMutableRawPointer) {
        (self.width, self.capacity, stride) = (width, capacity, Kernels.activationBytes(width: width))
        planes = memory.assumingMemoryBound(to: Int8.self)
        inverses = (memory + capacity * stride).assumingMemoryBound(to: Float.self)
        sums = (memory + capacity * (stride + 4)).assumingMemoryBound(to: Int32.self)
    }

    /// Quantises `width` values into row `row`.
    public func quantise(_ x: UnsafePointer<Float>, row: Int, kernels: Kernels) {
        precondition(row >= 0 && row < capacity)
        sums[row] = kernels.quantise(x, width: width, into: planes + row * stride, inverse: inverses + row)
    }

    /// Row `row` from integers that are quantised already, in planes.
    package func fill(_ row: Int, planes values: [Int8], step: Float) {
        precondition(row >= 0 && row < capacity && values.count == stride)
        (planes + row * stride).update(from: values, count: stride)
        (inverses[row], sums[row]) = (step, values.reduce(0) { $0 + Int32($1) })
    }

    /// Copies row `from` over row `to`.
    public func move(_ from: Int, to: Int) {
        (planes + to * stride).update(from: planes + from * stride, count: stride)
        (inverses[to], sums[to]) = (inverses[from], sums[from])
    }

    /// What the integers of row `row` stand for, in the order of the columns. For tests and traces.
    public func values(_ row: Int) -> [Float] {
        (0..<width).map { column in
            let (block, inside) = (column / Kernels.block, column % Kernels.block)
            let place = block * Kernels.block + inside % 4 * (Kernels.block / 4) + inside / 4
            return Float(planes[row * stride + place]) * inverses[row]
        }
    }
}
