import CTernKernels

/// How threads share a product.
///
/// Pairs go by groups of rows. Triples go by cells, in the order of memory, where there are few rows of activations: the memory is what
/// everything waits for, and tables are made only by the thread that reads a strip. Each thread then has sums of its own, for all rows.
/// Where there are many, they go by blocks: so many rows by so many rows of activations that tables and sums stay in the second-level
/// cache; a thread makes the tables of a block itself.
struct ProductPlan {
    let product: TernaryProduct
    /// Groups of rows in a block.
    private let blockGroups: Int

    /// Rows of activations, and groups of rows, in a block at most.
    private static let blockRows = Kernels.many, mostGroups = 54
    /// Sums of a block.
    static let blockNumbers = blockRows * mostGroups * Int(TERN_TRIPLE_ROWS)

    init(_ product: TernaryProduct, threads: Int) {
        self.product = product
        let groups = (product.matrix.rows + product.matrix.layout.group - 1) / product.matrix.layout.group
        // Where activations alone make too few blocks, rows are cut smaller.
        let enough = product.count >= 2 * threads * ProductPlan.blockRows ? 1 : threads
        let blocks = max(enough, (groups + ProductPlan.mostGroups - 1) / ProductPlan.mostGroups)
        blockGroups = (groups + blocks - 1) / blocks
    }

    private var matrix: TernaryMatrix { product.matrix }
    private var isByCells: Bool { matrix.layout == .triples && product.count > 0 && product.count <= Kernels.few }
    private var isByBlocks: Bool { matrix.layout == .triples && product.count > Kernels.few }

    private var groups: Int { (matrix.rows + matrix.layout.group - 1) / matrix.layout.group }
    private var blocks: Int { (groups + blockGroups - 1) / blockGroups }
    /// Sums of a row of activations.
    private var stride: Int { groups * matrix.layout.group }

    var pieces: Int {
        if product.count == 0 { return 0 }
        if isByCells { return groups * TritLayout.strips(width: matrix.columns) }
        return isByBlocks ? blocks * ((product.count + ProductPlan.blockRows - 1) / ProductPlan.blockRows) : groups
    }

    /// Sums that each thread has.
    var sumCount: Int { isByCells ? product.count * stride : 0 }

    /// Does some pieces. `offset` is where its sums begin among the `all` ones of a thread.
    func run(_ pieces: Range<Int>, _ sums: ProductSums, _ thread: Int, offset: Int, all: Int, _ kernels: Kernels) {
        if isByCells {
            runCells(pieces, sums.sums(of: thread, count: all) + offset, kernels)
        } else if isByBlocks {
            for piece in pieces { runBlock(piece, sums.numbers(of: thread), kernels) }
        } else {
            runGroups(pieces, kernels)
        }
    }

    /// Adds up what the threads have.
    func settle(_ sums: UnsafePointer<Int32>, stride threadStride: Int, count: Int, _ kernels: Kernels) {
        for row in 0..<product.count {
            kernels.settle(
                sums + row * stride, stride: threadStride, count: count, width: matrix.rows, scale: scale(row),
                into: product.out + row * product.outStride)
        }
    }

    private func scale(_ row: Int) -> Float { product.activations.inverses[row] * matrix.scale }
}

extension ProductPlan {
    private var trits: TritRows { TritRows(matrix.trits, rows: matrix.rows, width: matrix.columns, layout: matrix.layout) }

    private func activations(_ rows: Range<Int>, scales: UnsafePointer<Float>? = nil) -> ActivationRows {
        let x = product.activations
        return ActivationRows(
            planes: x.planes + rows.lowerBound * x.stride, stride: x.stride, sums: x.sums + rows.lowerBound, scales: scales,
            count: rows.count)
    }

    private func runCells(_ cells: Range<Int>, _ sums: UnsafeMutablePointer<Int32>, _ kernels: Kernels) {
        for strip in cells.lowerBound / groups...(cells.upperBound - 1) / groups {
            let some = cells.clamped(to: strip * groups..<(strip + 1) * groups), first = some.lowerBound - strip * groups
            kernels.addStrip(
                trits, strip, first..<first + some.count, activations(0..<product.count), to: sums + first * matrix.layout.group,
                stride: stride)
        }
    }

    private func runBlock(_ piece: Int, _ sums: UnsafeMutablePointer<Int32>, _ kernels: Kernels) {
        let (firstRow, firstGroup) = (piece / blocks * ProductPlan.blockRows, piece % blocks * blockGroups)
        let rows = firstRow..<min(product.count, firstRow + ProductPlan.blockRows)
        withScaled(rows) {
            kernels.productOfTriples(
                trits, firstGroup..<min(groups, firstGroup + blockGroups), $0, sums: sums,
                into: product.out + firstRow * product.outStride + firstGroup * matrix.layout.group, outStride: product.outStride)
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
            for (i, row) in rows.enumerated() { scales.initializeElement(at: i, to: scale(row)) }
            body(activations(rows, scales: scales.baseAddress))
        }
    }
}
