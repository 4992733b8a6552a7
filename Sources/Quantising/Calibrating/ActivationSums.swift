import Basis
import Tensors

/// What a matrix' activations are like: Σ x xᵀ over the rows x that the quantised model gives it, and Σ (y - x) xᵀ with the rows y that
/// the model of floats gives it for the same tokens. Sums are chains of fused multiply-adds in the order of the rows, the same on every
/// machine.
package final class ActivationSums {
    package let width: Int
    /// Σ x xᵀ: the numbers on the diagonal and right of it.
    private let squares: AlignedMemory
    /// Σ (y - x) xᵀ; nil where that is not asked for.
    private let crossed: AlignedMemory?

    package init(width: Int, crossed isCrossed: Bool) throws {
        self.width = width
        guard !width.multipliedReportingOverflow(by: 4 * width).overflow else { throw Failure("\(width) columns do not fit in memory") }
        squares = ActivationSums.zeros(width)
        crossed = isCrossed ? ActivationSums.zeros(width) : nil
    }

    private static func zeros(_ width: Int) -> AlignedMemory {
        let memory = AlignedMemory(byteCount: 4 * width * width)
        memory.bytes.initializeMemory(as: Float.self, repeating: 0)
        return memory
    }

    var squareSums: UnsafeMutablePointer<Float> { squares.start.assumingMemoryBound(to: Float.self) }
    var crossSums: UnsafeMutablePointer<Float>? { crossed?.start.assumingMemoryBound(to: Float.self) }

    /// Takes in `count` rows x, and y, which lie one after the other.
    package func add(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>?, count: Int, _ kernels: Kernels, _ threads: ThreadPool) {
        // By so many rows at once, so that few differences are in memory.
        for first in stride(from: 0, to: count, by: ActivationSums.rowsAtOnce) {
            let rows = min(ActivationSums.rowsAtOnce, count - first), x = x + first * width
            guard let y, crossed != nil else {
                add(x, nil, rows, kernels, threads)
                continue
            }
            withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * width) { differences in
                for index in 0..<rows * width { differences.initializeElement(at: index, to: y[first * width + index] - x[index]) }
                add(x, differences.baseAddress.map { UnsafePointer($0) }, rows, kernels, threads)
            }
        }
    }

    private func add(
        _ x: UnsafePointer<Float>, _ difference: UnsafePointer<Float>?, _ count: Int, _ kernels: Kernels, _ threads: ThreadPool
    ) {
        threads.parallel((width + ActivationSums.block - 1) / ActivationSums.block) { part in
            for block in part {
                let first = block * ActivationSums.block, rows = min(ActivationSums.block, width - first)
                kernels.addProducts(
                    StridedFloats(x + first, rowStep: 1, columnStep: width), rows: rows, x + first, bStride: width, depth: count,
                    to: squareSums + first * width + first, cStride: width, columns: width - first)
                guard let difference, let crossSums else { continue }
                kernels.addProducts(
                    StridedFloats(difference + first, rowStep: 1, columnStep: width), rows: rows, x, bStride: width, depth: count,
                    to: crossSums + first * width, cStride: width, columns: width)
            }
        }
    }

    private static let block = 32
    private static let rowsAtOnce = 256

    /// Puts rows and columns in an order, of the squares the numbers left of the diagonal, too: no other memory is needed.
    func reorder(_ order: ColumnOrder, _ threads: ThreadPool) {
        for row in 0..<width { for column in 0..<row { squareSums[row * width + column] = squareSums[column * width + row] } }
        reorder(squareSums, order, threads)
        if let crossSums { reorder(crossSums, order, threads) }
    }

    private func reorder(_ numbers: UnsafeMutablePointer<Float>, _ order: ColumnOrder, _ threads: ThreadPool) {
        threads.parallel(width, grain: 64) { part in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { old in
                guard let old = old.baseAddress else { return }
                for row in part {
                    old.update(from: numbers + row * width, count: width)
                    for (place, column) in order.columns.enumerated() { numbers[row * width + place] = old[column] }
                }
            }
        }
        var isDone = [Bool](repeating: false, count: width)
        let kept = UnsafeMutablePointer<Float>.allocate(capacity: width)
        defer { kept.deallocate() }
        for start in 0..<width where !isDone[start] {
            kept.update(from: numbers + start * width, count: width)
            var place = start
            while true {
                isDone[place] = true
                let from = order.columns[place]
                guard from != start else { break }
                (numbers + place * width).update(from: numbers + from * width, count: width)
                place = from
            }
            (numbers + place * width).update(from: kept, count: width)
        }
    }
}
