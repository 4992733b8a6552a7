import Tensors

/// One kernel on data of one size.
struct KernelCase {
    let name: String
    /// Rows that one call takes.
    var rows = 1
    /// Bytes that a call reads and writes.
    let bytes: Int
    /// What a call does: multiply-adds of a product, numbers of anything else.
    let operations: Int
    /// Whether these are multiply-adds of 8-bit integers.
    var isProduct = false
    let call: (Kernels) -> Void

    /// Numbers of a row: the width of a common model.
    static let width = 2560

    /// Every kernel; the matrices of the products take about `bytes` bytes, with each number of rows of activations in `batches`.
    static func all(bytes: Int, batches: [Int]) throws -> [KernelCase] {
        try ternaryProducts(bytes: bytes, batches) + integerProducts(bytes: bytes, batches) + denseProducts(bytes: bytes, batches)
            + rowKernels() + weightKernels() + attention()
    }
}

/// Random floats at an address that stays.
final class Floats {
    let start: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int, seed: UInt64 = 1) {
        var random = Random(seed: seed)
        (start, self.count) = (.allocate(capacity: max(1, count)), count)
        for index in 0..<max(1, count) { (start + index).initialize(to: random.uniform() - 0.5) }
    }

    deinit { start.deallocate() }
}

/// Bytes at an address that stays.
final class Bytes {
    let start: UnsafeMutableRawPointer
    let count: Int

    init(_ count: Int, repeating byte: UInt8 = 0) {
        start = .allocate(byteCount: max(64, count), alignment: 64)
        start.initializeMemory(as: UInt8.self, repeating: byte, count: max(64, count))
        self.count = count
    }

    deinit { start.deallocate() }

    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
}
