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
        try TernaryMatrix.check(rows: rows, columns: columns)
        try Trits.checkSize(bytes, rows: rows, width: columns)
        try self.init(rows: rows, columns: columns, layout: layout, kernels: kernels, pool: pool) { take in
            try take(bytes)
            return scale
        }
    }

    /// Rows that `read` hands on as a file holds them, in order, a multiple of the layout's group at a time but for the last: each lot is
    /// checked and laid out while the caches hold it. `read` returns the scale.
    public convenience init(
        rows: Int, columns: Int, layout: TritLayout, kernels: Kernels, pool: ThreadPool,
        from read: (_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Float
    ) throws {
        try TernaryMatrix.check(rows: rows, columns: columns)
        let memory = try TernaryMatrix.memory(rows: rows, columns: columns, layout)
        let rowBytes = Trits.rowBytes(width: columns)
        var filled = 0
        let scale = try read { bytes in
            let lot = StoredRows(bytes: bytes, range: filled..<filled + bytes.count / rowBytes, all: rows, columns: columns)
            guard lot.range.upperBound <= rows, filled % layout.group == 0 else { throw Failure("its rows come in a wrong number") }
            try Trits.validate(bytes, rows: lot.range.count, width: columns, first: filled)
            filled = lot.range.upperBound
            switch layout {
            case .pairs: restride(lot, into: memory, pool: pool)
            case .triples: pack(lot, into: memory, kernels: kernels, pool: pool)
            }
        }
        guard filled == rows else { throw Failure("it has \(filled) rows of \(rows)") }
        self.init(rows: rows, columns: columns, scale: scale, layout: layout, memory: memory)
    }

    /// Uses rows where they lie in a file, after checking all of their codes; `owner` keeps them there. Nil where a row's bytes differ
    /// from what the products read.
    public convenience init?(
        borrowing bytes: UnsafeRawBufferPointer, of owner: AnyObject, rows: Int, columns: Int, scale: Float
    ) throws {
        try TernaryMatrix.check(rows: rows, columns: columns)
        try Trits.validate(bytes, rows: rows, width: columns)
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

    private static func check(rows: Int, columns: Int) throws {
        guard rows > 0, columns > 0 else { throw Failure("a matrix of \(rows) rows and \(columns) columns is empty") }
        guard columns <= mostColumns else { throw Failure("\(columns) columns are more than the \(mostColumns) that a product can sum") }
    }

    /// out[a * outStride + r] = this matrix' row r times row a of the activations, for the first `count` of them.
    public func multiply(
        _ activations: QuantisedRows, count: Int, into out: UnsafeMutablePointer<Float>, outStride: Int, kernels: Kernels,
        pool: ThreadPool, workspace: ProductWorkspace = ProductWorkspace()
    ) {
        let product = TernaryProduct(matrix: self, activations: activations, count: count, out: out, outStride: outStride)
        withUnsafePointer(to: product) {
            multiplyAll(UnsafeBufferPointer(start: $0, count: 1), workspace: workspace, kernels: kernels, pool: pool)
        }
    }
}

/// Some rows of a matrix as a file holds them.
private struct StoredRows {
    let bytes: UnsafeRawBufferPointer
    /// Their numbers, of all rows.
    let range: Range<Int>
    let all: Int
    let columns: Int

    var rowBytes: Int { Trits.rowBytes(width: columns) }
}

/// From one distance of rows to another: each takes a multiple of 64 bytes, what is left of it is filled with code 1.
private func restride(_ lot: StoredRows, into memory: AlignedMemory, pool: ThreadPool) {
    guard let source = lot.bytes.baseAddress else { return }
    let (from, to) = (lot.rowBytes, TritLayout.pairs.bytes(rows: 1, width: lot.columns))
    let start = memory.start + lot.range.lowerBound * to
    pool.parallel(lot.range.count, grain: max(1, (1 << 18) / max(1, to))) { range in
        for row in range {
            let target = start + row * to
            target.copyMemory(from: source + row * from, byteCount: from)
            (target + from).initializeMemory(as: UInt8.self, repeating: 0b01_01_01_01, count: to - from)
        }
    }
}

private func pack(_ lot: StoredRows, into memory: AlignedMemory, kernels: Kernels, pool: ThreadPool) {
    guard let source = lot.bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    let group = TritLayout.triples.group, first = lot.range.lowerBound / group
    let target = memory.start.assumingMemoryBound(to: UInt8.self)
    pool.parallel((lot.range.count + group - 1) / group, grain: max(1, (1 << 18) / (group * lot.rowBytes))) { range in
        for index in range {
            let row = index * group
            kernels.packTriples(
                source + row * lot.rowBytes, count: min(group, lot.range.count - row), width: lot.columns, group: first + index,
                rows: lot.all, into: target)
        }
    }
}
