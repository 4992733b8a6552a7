import CTernKernels

/// A matrix of floats in memory that somebody lends, whose numbers lie `rowStep` and `columnStep` apart: transposed, the two change places.
public struct StridedFloats: @unchecked Sendable {
    public let start: UnsafePointer<Float>
    public let rowStep: Int
    public let columnStep: Int

    public init(_ start: UnsafePointer<Float>, rowStep: Int, columnStep: Int = 1) {
        (self.start, self.rowStep, self.columnStep) = (start, rowStep, columnStep)
    }

    /// The same matrix without its first rows and columns.
    public func from(row: Int, column: Int) -> StridedFloats {
        StridedFloats(start + row * rowStep + column * columnStep, rowStep: rowStep, columnStep: columnStep)
    }
}

extension Kernels {
    /// c += a b, with a of `rows` by `depth` numbers, b of `depth` rows `bStride` apart and c of rows `cStride` apart, `columns` numbers
    /// each. Every number of c is a chain of fused multiply-adds in the order of the depth, whatever the level.
    public func addProducts(
        _ a: StridedFloats, rows: Int, _ b: UnsafePointer<Float>, bStride: Int, depth: Int, to c: UnsafeMutablePointer<Float>, cStride: Int,
        columns: Int
    ) {
        // As much of b as the caches hold meets all of a.
        for first in stride(from: 0, to: depth, by: Kernels.chainDepth) {
            functions.add_products(
                a.start + first * a.columnStep, a.rowStep, a.columnStep, rows, b + first * bStride, bStride,
                min(Kernels.chainDepth, depth - first), c, cStride, columns)
        }
    }

    private static let chainDepth = 256

    /// The same, the rows of c shared out over threads.
    public func addProducts(
        _ a: StridedFloats, rows: Int, _ b: UnsafePointer<Float>, bStride: Int, depth: Int, to c: UnsafeMutablePointer<Float>, cStride: Int,
        columns: Int, _ threads: ThreadPool
    ) {
        threads.parallel(rows, grain: max(4, 262_144 / max(1, depth * columns))) { part in
            addProducts(
                a.from(row: part.lowerBound, column: 0), rows: part.count, b, bStride: bStride, depth: depth,
                to: c + part.lowerBound * cStride, cStride: cStride, columns: columns)
        }
    }
}
