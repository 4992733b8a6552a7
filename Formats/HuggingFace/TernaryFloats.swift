import Basis
import Models
import Tensors

/// Matrices whose floats are -1, 0 and 1.
enum TernaryFloats {
    /// Writes their codes as containers hold them; refuses any other float.
    static func pack(_ matrix: FloatMatrix, into codes: UnsafeMutableRawBufferPointer, _ threads: ThreadPool) throws {
        let rowBytes = Trits.rowBytes(width: matrix.columns), kernels = Kernels.best
        let magnitudes = kernels.sumOfMagnitudes(matrix.bytes, element: matrix.element, threads) ?? .nan
        guard magnitudes.isFinite else { throw Failure("holds a NaN or an infinity") }
        threads.parallel(matrix.rows, grain: max(1, 65536 / matrix.columns)) { part in
            kernels.ternarise(
                matrix.stored(part), element: matrix.element, columns: matrix.columns, scale: 1,
                codes: UnsafeMutableRawBufferPointer(rebasing: codes[part.lowerBound * rowBytes..<part.upperBound * rowBytes]))
        }
        for row in 0..<matrix.rows { try check(matrix, row, kernels) }
    }

    private static func check(_ matrix: FloatMatrix, _ row: Int, _ kernels: Kernels) throws {
        let floats = kernels.floats(matrix.stored(row..<row + 1), element: matrix.element) ?? []
        if let column = floats.firstIndex(where: { $0 != 0 && abs($0) != 1 }) {
            throw Failure("holds \(floats[column]) at row \(row), column \(column), where -1, 0 or 1 is expected")
        }
    }
}
