import CTernKernels

/// What products by triples look up, for some rows of activations at a time, in memory that is kept from one product to the next, so that
/// none is asked for on the way. Not for two threads at once.
public final class ActivationTables {
    private var memory = AlignedMemory(byteCount: 0)
    private var used = 0
    /// Whose tables are there, and where.
    private var filled: [(planes: UnsafeMutablePointer<Int8>, tables: UnsafeMutablePointer<Int16>)] = []

    /// Rows at once: their tables should find room in the caches.
    static let rowLimit = 32

    public init() {}

    /// Forgets all tables and makes room for those of some products.
    func begin(_ products: UnsafeBufferPointer<TernaryProduct>) {
        let bytes = products.reduce(0) { sum, product in
            let rows = product.matrix.layout == .triples ? min(product.count, ActivationTables.rowLimit) : 0
            return sum + self.bytes(product.matrix.columns) * rows
        }
        if memory.byteCount < bytes { memory = AlignedMemory(byteCount: bytes, kept: true) }
        used = 0
        filled.removeAll(keepingCapacity: true)
    }

    private func bytes(_ width: Int) -> Int { tern_table_numbers(width) * MemoryLayout<Int16>.size }

    /// The tables of some rows of activations, made once for all products that meet them.
    func fill(_ x: QuantisedRows, _ rows: Range<Int>, _ kernels: Kernels, _ pool: ThreadPool) -> UnsafeMutablePointer<Int16> {
        if let known = filled.first(where: { $0.planes == x.planes }) { return known.tables }
        let tables = (memory.start + used).assumingMemoryBound(to: Int16.self), numbers = tern_table_numbers(x.width)
        pool.parallel(rows.count) { part in
            for index in part {
                kernels.tables(x.planes + (rows.lowerBound + index) * x.stride, width: x.width, into: tables + index * numbers)
            }
        }
        used += bytes(x.width) * rows.count
        filled.append((x.planes, tables))
        return tables
    }
}
