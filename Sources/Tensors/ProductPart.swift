import CTernKernels

/// A product of some rows of activations, and how threads share it.
///
/// Pairs go by groups of rows. Triples go by cells, in the order of memory, where there are few rows of activations: the memory is what
/// everything waits for, and tables are made only by the thread that reads a strip. Each thread then has sums of its own, for all rows.
/// Where there are many, a thread takes blocks of rows and makes all tables itself, which costs less than such sums.
struct ProductPart {
    let matrix: TernaryMatrix
    let x: QuantisedRows
    /// Of the activations.
    let rows: Range<Int>
    let out: UnsafeMutablePointer<Float>
    let outStride: Int

    /// Rows of activations at once: their tables, and the sums of a block, should find room in the second-level cache.
    static let rowLimit = 16
    /// Groups of rows in a block.
    static let blockGroups = 27
    static let blockNumbers = rowLimit * blockGroups * Int(TERN_TRIPLE_ROWS)
    /// Rows of activations for which the memory is waited for.
    private static let few = 4

    var isByBlocks: Bool { matrix.layout == .triples && rows.count > ProductPart.few }
    private var isByCells: Bool { matrix.layout == .triples && !rows.isEmpty && !isByBlocks }

    private var groups: Int { (matrix.rows + matrix.layout.group - 1) / matrix.layout.group }
    /// Sums of a row of activations.
    private var stride: Int { groups * matrix.layout.group }

    var pieces: Int { rows.isEmpty ? 0 : isByCells ? groups * TritLayout.strips(width: matrix.columns) : groups }
    /// Sums that each thread has.
    var sumCount: Int { isByCells ? rows.count * stride : 0 }

    private var trits: TritRows { TritRows(matrix.trits, rows: matrix.rows, width: matrix.columns, layout: matrix.layout) }

    /// Does some pieces. `offset` is where its sums begin among the `all` ones of a thread.
    func run(_ pieces: Range<Int>, _ sums: ProductSums, _ thread: Int, offset: Int, all: Int, _ kernels: Kernels) {
        if isByCells {
            runCells(pieces, sums.sums(of: thread, count: all) + offset, kernels)
        } else if isByBlocks {
            for first in Swift.stride(from: pieces.lowerBound, to: pieces.upperBound, by: ProductPart.blockGroups) {
                runBlock(first..<min(pieces.upperBound, first + ProductPart.blockGroups), sums.numbers(of: thread), kernels)
            }
        } else {
            runGroups(pieces, kernels)
        }
    }

    private func runCells(_ cells: Range<Int>, _ sums: UnsafeMutablePointer<Int32>, _ kernels: Kernels) {
        for strip in cells.lowerBound / groups...(cells.upperBound - 1) / groups {
            let some = cells.clamped(to: strip * groups..<(strip + 1) * groups)
            let first = some.lowerBound - strip * groups
            kernels.addStrip(
                trits, strip, first..<first + some.count, activations(nil), to: sums + first * matrix.layout.group, stride: stride)
        }
    }

    private func runBlock(_ groups: Range<Int>, _ sums: UnsafeMutablePointer<Int32>, _ kernels: Kernels) {
        let group = matrix.layout.group, count = groups.count * group, first = groups.lowerBound * group
        sums.initialize(repeating: 0, count: rows.count * count)
        for strip in 0..<TritLayout.strips(width: matrix.columns) {
            kernels.addStrip(trits, strip, groups, activations(nil), to: sums, stride: count)
        }
        for (a, row) in rows.enumerated() {
            kernels.settle(
                sums + a * count, stride: 0, count: 1, width: min(count, matrix.rows - first), scale: scale(row),
                into: out + a * outStride + first)
        }
    }

    private func runGroups(_ groups: Range<Int>, _ kernels: Kernels) {
        let first = groups.lowerBound * matrix.layout.group, end = min(matrix.rows, groups.upperBound * matrix.layout.group)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count) { scales in
            for (a, row) in rows.enumerated() { scales.initializeElement(at: a, to: scale(row)) }
            kernels.product(trits, first..<end, activations(scales.baseAddress), into: out + first, outStride: outStride)
        }
    }

    /// Adds up what the threads have.
    func settle(_ sums: UnsafePointer<Int32>, stride threadStride: Int, count: Int, _ kernels: Kernels) {
        for (a, row) in rows.enumerated() {
            kernels.settle(
                sums + a * stride, stride: threadStride, count: count, width: matrix.rows, scale: scale(row), into: out + a * outStride)
        }
    }

    private func scale(_ row: Int) -> Float { x.inverses[row] * matrix.scale }

    private func activations(_ scales: UnsafePointer<Float>?) -> ActivationRows {
        ActivationRows(
            planes: x.planes + rows.lowerBound * x.stride, stride: x.stride, sums: x.sums + rows.lowerBound, scales: scales,
            count: rows.count)
    }
}
