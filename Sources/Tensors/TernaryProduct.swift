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

    /// The same for some of its rows of activations.
    func part(_ rows: Range<Int>) -> ProductPart {
        let rows = rows.clamped(to: 0..<count)
        return ProductPart(
            matrix: matrix, x: activations, rows: rows, out: out + rows.lowerBound * outStride, outStride: outStride)
    }
}

/// Does products that do not depend on each other in one go: threads part only once, and each reads long stretches of memory.
public func multiplyAll(
    _ products: UnsafeBufferPointer<TernaryProduct>, sums: ProductSums, kernels: Kernels, pool: ThreadPool
) {
    let most = products.reduce(0) { max($0, $1.count) }
    for first in stride(from: 0, to: most, by: ProductPart.rowLimit) {
        withUnsafeTemporaryAllocation(of: ProductPart.self, capacity: products.count) { parts in
            for (index, product) in products.enumerated() {
                parts.initializeElement(at: index, to: product.part(first..<first + ProductPart.rowLimit))
            }
            multiply(UnsafeBufferPointer(parts), sums, kernels, pool)
            parts.deinitialize()
        }
    }
}

/// Shares the products out by pieces, which are numbered through all of them.
private func multiply(_ parts: UnsafeBufferPointer<ProductPart>, _ sums: ProductSums, _ kernels: Kernels, _ pool: ThreadPool) {
    let (pieces, numbers) = parts.reduce((0, 0)) { ($0.0 + $1.pieces, $0.1 + $1.sumCount) }
    sums.begin(numbers: max(numbers, ProductPart.blockNumbers), threads: pool.mostThreads)
    pool.parallel(pieces, grain: grain(parts, pieces: pieces, threads: pool.threads)) { range, thread in
        var (first, offset) = (0, 0)
        for part in parts {
            let some = range.clamped(to: first..<first + part.pieces)
            if !some.isEmpty {
                part.run(some.lowerBound - first..<some.upperBound - first, sums, thread, offset: offset, all: numbers, kernels)
            }
            (first, offset) = (first + part.pieces, offset + part.sumCount)
        }
    }
    guard numbers > 0 else { return }
    let count = sums.parts(threads: pool.mostThreads, count: numbers)
    var offset = 0
    for part in parts where part.sumCount > 0 {
        part.settle(sums.numbers(of: 0) + offset, stride: sums.stride, count: count, kernels)
        offset += part.sumCount
    }
}

/// Pieces that are worth a thread's while: some 32 KiB of trits for one row of activations. Where each of them costs tables of its own they
/// are as large as they may be.
private func grain(_ parts: UnsafeBufferPointer<ProductPart>, pieces: Int, threads: Int) -> Int {
    if parts.contains(where: { $0.isByBlocks }) { return max(1, min(ProductPart.blockGroups, (pieces + threads - 1) / threads)) }
    let work = parts.reduce(0) { $0 + $1.matrix.byteCount * $1.rows.count }
    return max(1, pieces * 32768 / max(1, work))
}
