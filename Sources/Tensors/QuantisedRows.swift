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

    /// `memory` has `capacity * bytes(width:)` bytes; row 0 is the one that stands there as number `first`.
    public init(width: Int, capacity: Int, memory: UnsafeMutableRawPointer, first: Int = 0) {
        (self.width, self.capacity, stride) = (width, capacity - first, Kernels.activationBytes(width: width))
        planes = memory.assumingMemoryBound(to: Int8.self) + first * stride
        inverses = (memory + capacity * stride).assumingMemoryBound(to: Float.self) + first
        sums = (memory + capacity * (stride + 4)).assumingMemoryBound(to: Int32.self) + first
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
        [Float](unsafeUninitializedCapacity: width) { values, count in
            if let start = values.baseAddress { widen(row, into: start) }
            count = width
        }
    }

    /// What the integers of row `row` stand for, in the order of the columns.
    public func widen(_ row: Int, into values: UnsafeMutablePointer<Float>) {
        let (step, quarter) = (inverses[row], Kernels.block / 4)
        for block in Swift.stride(from: 0, to: width, by: Kernels.block) {
            let planes = planes + row * stride + block
            for inside in 0..<min(Kernels.block, width - block) {
                values[block + inside] = Float(planes[inside % 4 * quarter + inside / 4]) * step
            }
        }
    }
}
