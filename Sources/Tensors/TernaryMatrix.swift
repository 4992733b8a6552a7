import Basis
import CTernKernels

/// A matrix of trits times one scale, in the layout that the products read. Immutable.
public final class TernaryMatrix: @unchecked Sendable {
    public let rows: Int
    public let columns: Int
    /// What trit +1 stands for.
    public let scale: Float
    /// From one row to the next.
    public let rowBytes: Int
    /// `rows` rows of `rowBytes` bytes.
    public let trits: UnsafePointer<UInt8>
    /// What keeps the bytes.
    private let owner: AnyObject

    /// Columns for which every dot product fits 32 bits.
    public static let mostColumns = 1 << 24

    private init(rows: Int, columns: Int, scale: Float, trits: UnsafePointer<UInt8>, owner: AnyObject) {
        (self.rows, self.columns, self.scale, self.trits, self.owner) = (rows, columns, scale, trits, owner)
        rowBytes = Kernels.rowBytes(width: columns)
    }

    /// Copies rows as a file holds them, after checking all of their codes.
    public convenience init(copying bytes: UnsafeRawBufferPointer, rows: Int, columns: Int, scale: Float, pool: ThreadPool) throws {
        try TernaryMatrix.check(bytes, rows: rows, columns: columns)
        let memory = try TernaryMatrix.memory(rows: rows, columns: columns)
        restride(bytes, rows: rows, columns: columns, into: memory, pool: pool)
        self.init(rows: rows, columns: columns, scale: scale, memory: memory)
    }

    /// Rows that `read` fills in as a file holds them, straight into place where the products read the same layout; all of their codes are
    /// checked. `read` returns the scale.
    public convenience init(
        rows: Int, columns: Int, pool: ThreadPool, filledBy read: (UnsafeMutableRawBufferPointer) throws -> Float
    ) throws {
        let stored = Trits.rowBytes(width: columns)
        guard stored == Kernels.rowBytes(width: columns) else {
            let buffer = AlignedMemory(byteCount: try TernaryMatrix.size(rows: rows, rowBytes: stored))
            let scale = try read(buffer.bytes)
            try self.init(copying: UnsafeRawBufferPointer(buffer.bytes), rows: rows, columns: columns, scale: scale, pool: pool)
            return
        }
        let memory = try TernaryMatrix.memory(rows: rows, columns: columns)
        let scale = try read(memory.bytes)
        try TernaryMatrix.check(UnsafeRawBufferPointer(memory.bytes), rows: rows, columns: columns)
        self.init(rows: rows, columns: columns, scale: scale, memory: memory)
    }

    private convenience init(rows: Int, columns: Int, scale: Float, memory: AlignedMemory) {
        self.init(rows: rows, columns: columns, scale: scale, trits: UnsafePointer(memory.start.assumingMemoryBound(to: UInt8.self)),
                  owner: memory)
    }

    private static func memory(rows: Int, columns: Int) throws -> AlignedMemory {
        AlignedMemory(byteCount: try size(rows: rows, rowBytes: Kernels.rowBytes(width: columns)))
    }

    private static func size(rows: Int, rowBytes: Int) throws -> Int {
        let (size, overflow) = rows.multipliedReportingOverflow(by: rowBytes)
        guard !overflow else { throw Failure("\(rows) rows of \(rowBytes) bytes do not fit in memory") }
        return size
    }

    /// Uses rows where they lie in a file, after checking all of their codes; `owner` keeps them there. Nil where a row's bytes differ
    /// from what the products read.
    public convenience init?(
        borrowing bytes: UnsafeRawBufferPointer, of owner: AnyObject, rows: Int, columns: Int, scale: Float
    ) throws {
        try TernaryMatrix.check(bytes, rows: rows, columns: columns)
        guard Trits.rowBytes(width: columns) == Kernels.rowBytes(width: columns), let start = bytes.baseAddress else { return nil }
        self.init(rows: rows, columns: columns, scale: scale, trits: start.assumingMemoryBound(to: UInt8.self), owner: owner)
    }

    private static func check(_ bytes: UnsafeRawBufferPointer, rows: Int, columns: Int) throws {
        guard rows > 0, columns > 0 else { throw Failure("a matrix of \(rows) rows and \(columns) columns is empty") }
        guard columns <= mostColumns else { throw Failure("\(columns) columns are more than the \(mostColumns) that a product can sum") }
        try Trits.validate(bytes, rows: rows, width: columns)
    }

    /// out[a * outStride + r] = this matrix' row r times row a of the activations, for the first `count` of them.
    public func multiply(
        _ activations: QuantisedRows, count: Int, into out: UnsafeMutablePointer<Float>, outStride: Int, kernels: Kernels,
        pool: ThreadPool
    ) {
        precondition(activations.width == columns && count <= activations.capacity)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, count)) { scales in
            guard let scales = scales.baseAddress else { return }
            for a in 0..<count { (scales + a).initialize(to: activations.inverses[a] * scale) }
            pool.parallel(rows, grain: grain(count: count)) { range in
                kernels.product(
                    trits + range.lowerBound * rowBytes, rows: range.count, rowBytes: rowBytes, activations: activations.planes,
                    activationStride: activations.stride, sums: activations.sums, scales: scales, count: count,
                    out: out + range.lowerBound, outStride: outStride)
            }
        }
    }

    /// Rows that are worth a thread's while: some 32 KiB of trits for one row of activations. Products go by fours.
    private func grain(count: Int) -> Int { max(1, 8192 / max(64, rowBytes * count)) * 4 }
}

/// Rows from one distance to another: each takes a multiple of 64 bytes, what is left of it is filled with code 1.
private func restride(_ bytes: UnsafeRawBufferPointer, rows: Int, columns: Int, into memory: AlignedMemory, pool: ThreadPool) {
    guard let source = bytes.baseAddress else { return }
    let (from, to) = (Trits.rowBytes(width: columns), Kernels.rowBytes(width: columns))
    let start = memory.start
    pool.parallel(rows, grain: max(1, (1 << 18) / max(1, to))) { range in
        for row in range {
            let target = start + row * to
            target.copyMemory(from: source + row * from, byteCount: from)
            (target + from).initializeMemory(as: UInt8.self, repeating: 0b01_01_01_01, count: to - from)
        }
    }
}
