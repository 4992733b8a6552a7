import CTernKernels

/// A product and how it is cut into the pieces that threads share.
struct ProductPlan {
    let product: TernaryProduct
    private let cut: ProductCut

    /// Sums of a piece of triples at most.
    static let sums = Kernels.many * ProductCut.mostGroups * Int(TERN_TRIPLE_ROWS)

    /// A plan for so many threads that do so many products in one go.
    init(_ product: TernaryProduct, threads: Int, among products: Int) {
        self.product = product
        cut = ProductCut(product.matrix, count: product.count, threads: threads, among: products)
    }

    var pieces: Int { cut.pieces }

    /// Does some pieces; `sums` is a thread's room for `ProductPlan.sums` numbers.
    func run(_ pieces: Range<Int>, _ sums: UnsafeMutablePointer<Int32>, _ kernels: Kernels) {
        guard product.matrix.layout == .triples else { return runGroups(pieces, kernels) }
        for piece in pieces { runBlock(piece, sums, kernels) }
    }
}

extension ProductPlan {
    private var matrix: TernaryMatrix { product.matrix }
    private var trits: TritRows { TritRows(matrix.trits, rows: matrix.rows, width: matrix.columns, layout: matrix.layout) }

    private func activations(_ rows: Range<Int>, scales: UnsafePointer<Float>?) -> ActivationRows {
        let x = product.activations
        return ActivationRows(
            planes: x.planes + rows.lowerBound * x.stride, stride: x.stride, sums: x.sums + rows.lowerBound, scales: scales,
            count: rows.count)
    }

    private func runBlock(_ piece: Int, _ sums: UnsafeMutablePointer<Int32>, _ kernels: Kernels) {
        let groups = cut.groups(of: piece), firstRow = piece % cut.activationParts * Kernels.many
        withScaled(firstRow..<min(product.count, firstRow + Kernels.many)) {
            kernels.productOfTriples(
                trits, groups, $0, sums: sums, into: product.out + firstRow * product.outStride + groups.lowerBound * matrix.layout.group,
                outStride: product.outStride)
        }
    }

    private func runGroups(_ groups: Range<Int>, _ kernels: Kernels) {
        let first = groups.lowerBound * matrix.layout.group, end = min(matrix.rows, groups.upperBound * matrix.layout.group)
        withScaled(0..<product.count) {
            kernels.product(trits, first..<end, $0, into: product.out + first, outStride: product.outStride)
        }
    }

    /// Rows of activations, with what multiplies their products.
    private func withScaled(_ rows: Range<Int>, _ body: (ActivationRows) -> Void) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count) { scales in
            for (i, row) in rows.enumerated() { scales.initializeElement(at: i, to: product.activations.inverses[row] * matrix.scale) }
            body(activations(rows, scales: scales.baseAddress))
        }
    }
}
