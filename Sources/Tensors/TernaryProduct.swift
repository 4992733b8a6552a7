/// A product to be done: out[a * outStride + r] = row r of the matrix times row a of the activations, for the first `count` of them.
public struct TernaryProduct {
    let matrix: TernaryMatrix
    let activations: QuantisedRows
    let count: Int
    let out: UnsafeMutablePointer<Float>
    let outStride: Int

    public init(
        matrix: TernaryMatrix, activations: QuantisedRows, count: Int, out: UnsafeMutablePointer<Float>, outStride: Int
    ) {
        precondition(activations.width == matrix.columns && count <= activations.capacity)
        (self.matrix, self.activations, self.count, self.out, self.outStride) = (matrix, activations, count, out, outStride)
    }

    /// Groups of rows: what is shared out among threads.
    var groups: Int { (matrix.rows + matrix.layout.group - 1) / matrix.layout.group }

    /// Rows of activations that are multiplied at once: as many as tables are made for.
    fileprivate func rows(_ all: Range<Int>) -> Range<Int> { all.clamped(to: 0..<count) }
}

/// Does products that do not depend on each other in one go: threads part only once, and each reads long stretches of memory.
public func multiplyAll(
    _ products: UnsafeBufferPointer<TernaryProduct>, tables: ActivationTables, kernels: Kernels, pool: ThreadPool
) {
    let groups = products.reduce(0) { $0 + $1.groups }, most = products.reduce(0) { max($0, $1.count) }
    let limit = products.contains { $0.matrix.layout == .triples } ? ActivationTables.rowLimit : max(1, most)
    for first in stride(from: 0, to: most, by: limit) {
        let rows = first..<min(most, first + limit)
        withParts(products, rows, tables, kernels, pool) { parts in
            pool.parallel(groups, grain: grain(products, groups: groups)) { multiply($0, of: parts, kernels) }
        }
    }
}

/// A product of some of its rows of activations.
private struct ProductPart {
    let product: TernaryProduct
    let rows: Range<Int>
    /// One number a row.
    let scales: UnsafeMutablePointer<Float>
    /// Of the first row.
    let tables: UnsafeMutablePointer<Int16>?
}

/// Calls `body` with what the products need of rows `rows` of their activations.
private func withParts(
    _ products: UnsafeBufferPointer<TernaryProduct>, _ rows: Range<Int>, _ tables: ActivationTables, _ kernels: Kernels,
    _ pool: ThreadPool, _ body: (UnsafeBufferPointer<ProductPart>) -> Void
) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: products.count * rows.count) { scales in
        guard let scales = scales.baseAddress else { return }
        withUnsafeTemporaryAllocation(of: ProductPart.self, capacity: products.count) { parts in
            guard let part = parts.baseAddress else { return }
            tables.begin(products)
            for (index, product) in products.enumerated() {
                let some = product.rows(rows), scales = scales + index * rows.count
                for (a, row) in some.enumerated() {
                    (scales + a).initialize(to: product.activations.inverses[row] * product.matrix.scale)
                }
                let table = product.matrix.layout == .triples ? tables.fill(product.activations, some, kernels, pool) : nil
                (part + index).initialize(to: ProductPart(product: product, rows: some, scales: scales, tables: table))
            }
            body(UnsafeBufferPointer(parts))
            parts.deinitialize()
        }
    }
}

/// Groups that are worth a thread's while: some 32 KiB of trits for one row of activations.
private func grain(_ products: UnsafeBufferPointer<TernaryProduct>, groups: Int) -> Int {
    let work = products.reduce(0) { $0 + $1.matrix.byteCount * $1.count }
    return max(1, groups * 32768 / max(1, work))
}

/// The groups of `range`, counted through all products.
private func multiply(_ range: Range<Int>, of parts: UnsafeBufferPointer<ProductPart>, _ kernels: Kernels) {
    var first = 0
    for part in parts {
        let some = range.clamped(to: first..<first + part.product.groups)
        if !some.isEmpty, !part.rows.isEmpty { part.run(some.lowerBound - first..<some.upperBound - first, kernels) }
        first += part.product.groups
    }
}

extension ProductPart {
    func run(_ groups: Range<Int>, _ kernels: Kernels) {
        let matrix = product.matrix, x = product.activations
        let first = groups.lowerBound * matrix.layout.group
        let activations = ActivationRows(
            planes: x.planes + rows.lowerBound * x.stride, stride: x.stride, sums: x.sums + rows.lowerBound, scales: scales,
            count: rows.count, tables: tables, width: matrix.columns)
        kernels.product(
            TritRows(matrix.trits, rows: matrix.rows, width: matrix.columns, layout: matrix.layout),
            first..<min(matrix.rows, groups.upperBound * matrix.layout.group), activations,
            into: product.out + rows.lowerBound * product.outStride + first, outStride: product.outStride)
    }
}
