import Basis
import CTernKernels

/// A matrix of trits times one scale, in a layout that the products read. Immutable.
public final class TernaryMatrix: @unchecked Sendable {
    public let rows: Int
    public let columns: Int
    /// What trit +1 stands for.
    public let scale: Float
    public let layout: TritLayout
    /// Bytes that a product by this matrix reads.
    public let byteCount: Int
    /// Where they are.
    public let trits: UnsafePointer<UInt8>
    /// What keeps them.
    private let owner: AnyObject

    /// Columns for which every dot product fits 32 bits.
    public static let mostColumns = 1 << 24

    private init(rows: Int, columns: Int, scale: Float, layout: TritLayout, trits: UnsafePointer<UInt8>, owner: AnyObject) {
        (self.rows, self.columns, self.scale, self.layout) = (rows, columns, scale, layout)
        (self.trits, self.owner) = (trits, owner)
        byteCount = layout.bytes(rows: rows, width: columns)
    }

    private convenience init(rows: Int, columns: Int, scale: Float, layout: TritLayout, memory: AlignedMemory) {
        self.init(
            rows: rows, columns: columns, scale: scale, layout: layout,
            trits: UnsafePointer(memory.start.assumingMemoryBound(to: UInt8.self)), owner: memory)
    }

    /// Copies rows as a file holds them into a layout, after checking all of their codes.
    public convenience init(
        copying bytes: UnsafeRawBufferPointer, rows: Int, columns: Int, scale: Float, layout: TritLayout, kernels: Kernels,
        pool: ThreadPool
    ) throws {
        try TernaryMatrix.check(bytes, rows: rows, columns: columns)
        let memory = try TernaryMatrix.memory(rows: rows, columns: columns, layout)
        switch layout {
        case .pairs: restride(bytes, rows: rows, columns: columns, into: memory, pool: pool)
        case .triples: pack(bytes, rows: rows, columns: columns, into: memory, kernels: kernels, pool: pool)
        }
        self.init(rows: rows, columns: columns, scale: scale, layout: layout, memory: memory)
    }

    /// Rows that `read` fills in as a file holds them, straight into place where the layout is the file's; all of their codes are
    /// checked. `read` returns the scale.
    public convenience init(
        rows: Int, columns: Int, layout: TritLayout, kernels: Kernels, pool: ThreadPool,
        filledBy read: (UnsafeMutableRawBufferPointer) throws -> Float
    ) throws {
        let stored = Trits.rowBytes(width: columns)
        guard layout == .pairs, stored == TritLayout.pairs.bytes(rows: 1, width: columns) else {
            let (size, overflow) = rows.multipliedReportingOverflow(by: stored)
            guard !overflow else { throw Failure("\(rows) rows of \(stored) bytes do not fit in memory") }
            let buffer = AlignedMemory(byteCount: size)
            let scale = try read(buffer.bytes)
            try self.init(
                copying: UnsafeRawBufferPointer(buffer.bytes), rows: rows, columns: columns, scale: scale, layout: layout,
                kernels: kernels, pool: pool)
            return
        }
        let memory = try TernaryMatrix.memory(rows: rows, columns: columns, layout)
        let scale = try read(memory.bytes)
        try TernaryMatrix.check(UnsafeRawBufferPointer(memory.bytes), rows: rows, columns: columns)
        self.init(rows: rows, columns: columns, scale: scale, layout: layout, memory: memory)
    }

    /// Uses rows where they lie in a file, after checking all of their codes; `owner` keeps them there. Nil where a row's bytes differ
    /// from what the products read.
    public convenience init?(
        borrowing bytes: UnsafeRawBufferPointer, of owner: AnyObject, rows: Int, columns: Int, scale: Float
    ) throws {
        try TernaryMatrix.check(bytes, rows: rows, columns: columns)
        guard TritLayout.pairs.bytes(rows: rows, width: columns) == bytes.count, let start = bytes.baseAddress else { return nil }
        self.init(
            rows: rows, columns: columns, scale: scale, layout: .pairs, trits: start.assumingMemoryBound(to: UInt8.self), owner: owner)
    }

    private static func memory(rows: Int, columns: Int, _ layout: TritLayout) throws -> AlignedMemory {
        let row = Trits.rowBytes(width: columns) + 64
        guard !(rows + layout.group).multipliedReportingOverflow(by: row).overflow else {
            throw Failure("\(rows) rows of \(row) bytes do not fit in memory")
        }
        return AlignedMemory(byteCount: layout.bytes(rows: rows, width: columns), kept: true)
    }

    private static func check(_ bytes: UnsafeRawBufferPointer, rows: Int, columns: Int) throws {
        guard rows > 0, columns > 0 else { throw Failure("a matrix of \(rows) rows and \(columns) columns is empty") }
        guard columns <= mostColumns else { throw Failure("\(columns) columns are more than the \(mostColumns) that a product can sum") }
        try Trits.validate(bytes, rows: rows, width: columns)
    }

    /// out[a * outStride + r] = this matrix' row r times row a of the activations, for the first `count` of them.
    public func multiply(
        _ activations: QuantisedRows, count: Int, into out: UnsafeMutablePointer<Float>, outStride: Int, kernels: Kernels,
        pool: ThreadPool, sums: ProductSums = ProductSums()
    ) {
        let product = TernaryProduct(matrix: self, activations: activations, count: count, out: out, outStride: outStride)
        withUnsafePointer(to: product) {
            multiplyAll(UnsafeBufferPointer(start: $0, count: 1), sums: sums, kernels: kernels, pool: pool)
        }
    }
}

/// From one distance of rows to another: each takes a multiple of 64 bytes, what is left of it is filled with code 1.
private func restride(_ bytes: UnsafeRawBufferPointer, rows: Int, columns: Int, into memory: AlignedMemory, pool: ThreadPool) {
    guard let source = bytes.baseAddress else { return }
    let (from, to) = (Trits.rowBytes(width: columns), TritLayout.pairs.bytes(rows: 1, width: columns))
    let start = memory.start
    pool.parallel(rows, grain: max(1, (1 << 18) / max(1, to))) { range in
        for row in range {
            let target = start + row * to
            target.copyMemory(from: source + row * from, byteCount: from)
            (target + from).initializeMemory(as: UInt8.self, repeating: 0b01_01_01_01, count: to - from)
        }
    }
}

private func pack(
    _ bytes: UnsafeRawBufferPointer, rows: Int, columns: Int, into memory: AlignedMemory, kernels: Kernels, pool: ThreadPool
) {
    guard let source = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    let stored = Trits.rowBytes(width: columns), group = TritLayout.triples.group
    let target = memory.start.assumingMemoryBound(to: UInt8.self)
    pool.parallel((rows + group - 1) / group, grain: max(1, (1 << 18) / (group * stored))) { range in
        for index in range {
            let row = index * group
            kernels.packTriples(
                source + row * stored, count: min(group, rows - row), width: columns, group: index, rows: rows, into: target)
        }
    }
}
