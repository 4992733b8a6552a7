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
}

/// Does products that do not depend on each other in one go: threads part only once, and each reads long stretches of memory.
public func multiplyAll(
    _ products: UnsafeBufferPointer<TernaryProduct>, workspace: ProductWorkspace, kernels: Kernels, pool: ThreadPool
) {
    withUnsafeTemporaryAllocation(of: ProductPlan.self, capacity: products.count) { plans in
        for (index, product) in products.enumerated() {
            plans.initializeElement(at: index, to: ProductPlan(product, threads: pool.threads, among: products.count))
        }
        multiply(UnsafeBufferPointer(plans), workspace, kernels, pool)
        plans.deinitialize()
    }
}

/// Shares the products out by pieces, which are numbered through all of them. Pieces of triples are large, and not all alike; they are
/// claimed one by one: with few rows of activations so that each thread reads one stretch of memory, with many in their order, as the
/// largest ones come first.
private func multiply(_ plans: UnsafeBufferPointer<ProductPlan>, _ workspace: ProductWorkspace, _ kernels: Kernels, _ pool: ThreadPool) {
    let pieces = plans.reduce(0) { $0 + $1.pieces }
    let single = plans.allSatisfy { $0.product.matrix.layout == .triples }
    let few = plans.allSatisfy { $0.product.count <= Kernels.few }
    let shares = workspace.begin(numbers: ProductPlan.sums, pieces: pieces, pool: pool)
    pool.parallel(pieces, grain: single ? 1 : grain(plans, pieces: pieces), most: single ? 1 : .max) { range, thread in
        let claimed = single && few && range.count == 1 ? shares.claim(for: thread).map { $0..<$0 + 1 } : range
        if let claimed { run(claimed, of: plans, workspace.sums(of: thread), kernels) }
    }
}

private func run(
    _ pieces: Range<Int>, of plans: UnsafeBufferPointer<ProductPlan>, _ sums: UnsafeMutablePointer<Int32>, _ kernels: Kernels
) {
    var first = 0
    for plan in plans {
        let some = pieces.clamped(to: first..<first + plan.pieces)
        if !some.isEmpty { plan.run(some.lowerBound - first..<some.upperBound - first, sums, kernels) }
        first += plan.pieces
    }
}

/// Pieces that are worth a thread's while: some 32 KiB of trits for one row of activations.
private func grain(_ plans: UnsafeBufferPointer<ProductPlan>, pieces: Int) -> Int {
    let work = plans.reduce(0) { $0 + $1.product.matrix.byteCount * $1.product.count }
    return max(1, pieces * 32768 / max(1, work))
}
