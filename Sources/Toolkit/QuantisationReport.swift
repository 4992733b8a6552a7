import Basis
import Glibc
import Models
import Tensors

/// What became of each matrix: how much of it the trits carry.
public final class QuantisationReport {
    private var matrices: [JSON] = []
    private var counts = TritCounts()
    private var errorSquares = 0.0
    private var squares = 0.0

    /// Takes in one matrix and its codes.
    func note(_ weight: Weight, _ matrix: FloatMatrix, _ result: QuantisedMatrix, _ codes: UnsafeRawBufferPointer) throws {
        let counts = try Trits.counts(codes, rows: weight.rows, width: weight.columns)
        let sums = matrix.squares(against: codes, scale: result.scale)
        matrices.append(.object([
            "name": .string(weight.name), "shape": .array(weight.shape.map(JSON.integer)), "scale": JSON(result.scale),
            "minus": .integer(counts.minus), "zeros": .integer(counts.zero), "plus": .integer(counts.plus),
            "entropy": .number(counts.entropy), "error": .number(QuantisationReport.relative(sums.error, sums.total)),
        ]))
        self.counts = self.counts + counts
        (errorSquares, squares) = (errorSquares + sums.error, squares + sums.total)
    }

    /// ‖W - αT‖ / ‖W‖, the Frobenius norms.
    private static func relative(_ error: Double, _ total: Double) -> Double { total > 0 ? (error / total).squareRoot() : 0 }

    /// `{"tensors": [..], "total": {..}}`; entropy in bits a weight.
    public var json: JSON {
        [
            "tensors": .array(matrices),
            "total": [
                "weights": .integer(counts.total), "minus": .integer(counts.minus), "zeros": .integer(counts.zero),
                "plus": .integer(counts.plus), "entropy": .number(counts.entropy),
                "error": .number(QuantisationReport.relative(errorSquares, squares)),
            ],
        ]
    }
}

extension FloatMatrix {
    /// Σ(w - αt)² and Σw².
    fileprivate func squares(against codes: UnsafeRawBufferPointer, scale: Float) -> (error: Double, total: Double) {
        var error = 0.0, total = 0.0
        let rowBytes = Trits.rowBytes(width: columns), kernels = Kernels.best
        for row in 0..<rows {
            let floats = kernels.floats(stored(row..<row + 1), element: element) ?? []
            for (column, value) in floats.enumerated() {
                let code = codes[row * rowBytes + column / 4] >> UInt8(2 * (column % 4)) & 3
                let difference = Double(value) - Double(scale) * (Double(code) - 1)
                error += difference * difference
                total += Double(value) * Double(value)
            }
        }
        return (error, total)
    }
}
