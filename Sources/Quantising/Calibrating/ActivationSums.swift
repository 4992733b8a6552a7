import Basis
import Tensors

/// What a matrix' activations are like: Σ x xᵀ over the rows x that the quantised model gives it, and Σ y xᵀ with the rows y that the model of
/// floats gives it for the same tokens. Sums are chains of fused multiply-adds in the order of the rows, the same on every machine.
package final class ActivationSums {
    package let width: Int
    private(set) var count = 0
    /// Σ x xᵀ: the numbers on the diagonal and right of it.
    private let squares: AlignedMemory
    /// Σ y xᵀ; nil where that is not asked for.
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
        self.count += count
        let blocks = (width + ActivationSums.block - 1) / ActivationSums.block
        threads.parallel(blocks) { part in
            for block in part {
                let first = block * ActivationSums.block, rows = min(ActivationSums.block, width - first)
                kernels.addProducts(
                    StridedFloats(x + first, rowStep: 1, columnStep: width), rows: rows, x + first, bStride: width, depth: count,
                    to: squareSums + first * width + first, cStride: width, columns: width - first)
                guard let y, let crossSums else { continue }
                kernels.addProducts(
                    StridedFloats(y + first, rowStep: 1, columnStep: width), rows: rows, x, bStride: width, depth: count,
                    to: crossSums + first * width, cStride: width, columns: width)
            }
        }
    }

    private static let block = 32
}
