import CTernKernels

/// Memory for some rows of quantised activations, all of one width. Different rows may be written at once by different threads.
public final class QuantisedRows: @unchecked Sendable {
    public let width: Int
    public let capacity: Int
    /// Bytes from one row's planes to the next.
    let stride: Int
    let planes: UnsafeMutablePointer<Int8>
    let sums: UnsafeMutablePointer<Int32>
    /// What one step of a row's integers stands for.
    let inverses: UnsafeMutablePointer<Float>
    private let memory: AlignedMemory

    /// `width` and `capacity` come from a model already checked.
    public init(width: Int, capacity: Int) {
        (self.width, self.capacity) = (width, capacity)
        stride = Kernels.activationBytes(width: width)
        memory = AlignedMemory(byteCount: capacity * (stride + 8))
        planes = memory.start.bindMemory(to: Int8.self, capacity: capacity * stride)
        sums = (memory.start + capacity * stride).bindMemory(to: Int32.self, capacity: capacity)
        inverses = (memory.start + capacity * (stride + 4)).bindMemory(to: Float.self, capacity: capacity)
    }

    /// Quantises `width` values into row `row`.
    public func quantise(_ x: UnsafePointer<Float>, row: Int, kernels: Kernels) {
        precondition(row >= 0 && row < capacity)
        sums[row] = kernels.quantise(x, width: width, into: planes + row * stride, inverse: inverses + row)
    }
}
