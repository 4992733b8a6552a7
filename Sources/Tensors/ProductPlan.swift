import CTernKernels

/// How threads share a product, by pieces.
///
/// Pairs go by groups of rows. Triples go by bands where there are few rows of activations, as the memory is what everything waits for and
/// a band is read in one stretch; where they are many, by blocks: so many rows by so many rows of activations that tables and sums stay
/// in the second-level cache. Whoever does a piece makes its tables, and nobody else touches its products. Blocks of the same rows follow
/// each other, so that these are read from memory once.
struct ProductPlan {
    let product: TernaryProduct
    /// Parts that rows, and rows of activations, are cut into.
    private let rowParts: Int, activationParts: Int

    /// Groups of rows in a block at most.
    private static let mostGroups = 54
    /// Sums of a piece of triples at most.
    static let sums = Kernels.many * mostGroups * Int(TERN_TRIPLE_ROWS)

    /// A plan for so many threads that do so many products in one go.
    init(_ product: TernaryProduct, threads: Int, among products: Int) {
        self.product = product
        let groups = ProductPlan.groups(product.matrix), ownThreads = (threads + products - 1) / products
        if product.matrix.layout == .pairs {
            (rowParts, activationParts) = (groups, min(1, product.count))
        } else if product.count <= Kernels.few {
            let bands = TritLayout.bands(rows: product.matrix.rows)
            (rowParts, activationParts) = (ProductPlan.parts(of: groups, inMultiplesOf: bands, ownThreads), min(1, product.count))
        } else {
            activationParts = (product.count + Kernels.many - 1) / Kernels.many
            let enough = (ownThreads + activationParts - 1) / activationParts
            rowParts = ProductPlan.parts(of: groups, inMultiplesOf: (groups + ProductPlan.mostGroups - 1) / ProductPlan.mostGroups, enough)
        }
    }

    private static func groups(_ matrix: TernaryMatrix) -> Int { (matrix.rows + matrix.layout.group - 1) / matrix.layout.group }

    /// At least so many parts.
    private static func parts(of groups: Int, inMultiplesOf few: Int, _ parts: Int) -> Int { min(groups, (parts + few - 1) / few * few) }

    var pieces: Int { rowParts * activationParts }

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

    /// Bands are parts in this sense too.
    private func part(_ index: Int, of parts: Int, _ count: Int) -> Range<Int> { count * index / parts..<count * (index + 1) / parts }

    private func runBlock(_ piece: Int, _ sums: UnsafeMutablePointer<Int32>, _ kernels: Kernels) {
        let groups = part(piece / activationParts, of: rowParts, ProductPlan.groups(matrix))
        let firstRow = piece % activationParts * Kernels.many
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
