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
    _ products: UnsafeBufferPointer<TernaryProduct>, sums: ProductSums, kernels: Kernels, pool: ThreadPool
) {
    withUnsafeTemporaryAllocation(of: ProductPlan.self, capacity: products.count) { plans in
        for (index, product) in products.enumerated() {
            plans.initializeElement(at: index, to: ProductPlan(product, threads: pool.threads, among: products.count))
        }
        multiply(UnsafeBufferPointer(plans), sums, kernels, pool)
        plans.deinitialize()
    }
}

/// Shares the products out by pieces, which are numbered through all of them.
private func multiply(_ plans: UnsafeBufferPointer<ProductPlan>, _ sums: ProductSums, _ kernels: Kernels, _ pool: ThreadPool) {
    let pieces = plans.reduce(0) { $0 + $1.pieces }
    sums.reserve(numbers: ProductPlan.sums, threads: pool.mostThreads)
    // Pieces of triples are large, and not all alike.
    let single = plans.allSatisfy { $0.product.matrix.layout == .triples }
    pool.parallel(pieces, grain: single ? 1 : grain(plans, pieces: pieces), most: single ? 1 : .max) { range, thread in
        let range = single && range.count == 1 ? inTurns(range.lowerBound, of: pieces, threads: pool.threads) : range
        var first = 0
        for plan in plans {
            let some = range.clamped(to: first..<first + plan.pieces)
            if !some.isEmpty { plan.run(some.lowerBound - first..<some.upperBound - first, sums.numbers(of: thread), kernels) }
            first += plan.pieces
        }
    }
}

/// Pieces that are worth a thread's while: some 32 KiB of trits for one row of activations.
private func grain(_ plans: UnsafeBufferPointer<ProductPlan>, pieces: Int) -> Int {
    let work = plans.reduce(0) { $0 + $1.product.matrix.byteCount * $1.product.count }
    return max(1, pieces * 32768 / max(1, work))
}

/// The piece that is claimed as number `index`: threads that claim in turns each go through memory from one piece to the next.
private func inTurns(_ index: Int, of pieces: Int, threads: Int) -> Range<Int> {
    let (turn, thread) = index.quotientAndRemainder(dividingBy: threads)
    let piece = thread * (pieces / threads) + min(thread, pieces % threads) + turn
    return piece..<piece + 1
}
