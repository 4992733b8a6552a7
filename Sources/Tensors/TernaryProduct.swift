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
    var groups: Int { (matrix.rows + TritLayout.group - 1) / TritLayout.group }
}

/// Does products that do not depend on each other in one go: threads part only once, and each reads long stretches of memory.
public func multiplyAll(_ products: UnsafeBufferPointer<TernaryProduct>, kernels: Kernels, pool: ThreadPool) {
    let (groups, scaleCount) = products.reduce((0, 0)) { ($0.0 + $1.groups, $0.1 + $1.count) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, scaleCount)) { memory in
        guard let scales = memory.baseAddress else { return }
        fillScales(products, scales)
        pool.parallel(groups, grain: grain(products, groups: groups)) { range in
            multiply(range, of: products, scales, kernels)
        }
    }
}

private func fillScales(_ products: UnsafeBufferPointer<TernaryProduct>, _ scales: UnsafeMutablePointer<Float>) {
    var next = scales
    for product in products {
        for a in 0..<product.count { (next + a).initialize(to: product.activations.inverses[a] * product.matrix.scale) }
        next += product.count
    }
}

/// Groups that are worth a thread's while: some 32 KiB of trits for one row of activations.
private func grain(_ products: UnsafeBufferPointer<TernaryProduct>, groups: Int) -> Int {
    let work = products.reduce(0) { $0 + $1.matrix.byteCount * $1.count }
    return max(1, groups * 32768 / max(1, work))
}

/// The groups of `range`, counted through all products.
private func multiply(
    _ range: Range<Int>, of products: UnsafeBufferPointer<TernaryProduct>, _ scales: UnsafePointer<Float>, _ kernels: Kernels
) {
    var first = 0, scales = scales
    for product in products {
        let part = range.clamped(to: first..<first + product.groups)
        if !part.isEmpty { product.run(part.lowerBound - first..<part.upperBound - first, scales, kernels) }
        first += product.groups
        scales += product.count
    }
}

extension TernaryProduct {
    fileprivate func run(_ groups: Range<Int>, _ scales: UnsafePointer<Float>, _ kernels: Kernels) {
        let rows = groups.lowerBound * TritLayout.group..<min(matrix.rows, groups.upperBound * TritLayout.group)
        let x = ActivationRows(
            planes: activations.planes, stride: activations.stride, sums: activations.sums, scales: scales, count: count)
        kernels.product(
            TritRows(matrix.trits, rows: matrix.rows, width: matrix.columns, layout: matrix.layout), rows, x,
            into: out + rows.lowerBound, outStride: outStride)
    }
}
