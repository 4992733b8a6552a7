import Basis
import Glibc
import Models
import Quantising
import Tensors

/// What became of each matrix: how much of it the trits carry, and how large the whole file is for it.
public final class QuantisationReport {
    private var matrices: [JSON] = []
    private var counts = TritCounts()
    private var quantised = 0
    private var errorSquares = 0.0
    private var squares = 0.0
    private var entropyBits = 0.0
    /// What else there is to say, such as the calibration text's digest.
    public var remarks = JSONObject()

    /// Takes in one matrix and its codes.
    func note(_ weight: Weight, _ matrix: FloatMatrix, _ result: QuantisedMatrix, _ codes: UnsafeRawBufferPointer) throws {
        let counts = try Trits.counts(codes, rows: weight.rows, width: weight.columns)
        note(weight, counts, matrix.squares(against: codes, scale: result.scale), planes: 1, ["scale": JSON(result.scale)])
    }

    /// Takes in one matrix of planes.
    func note(_ planes: PlaneMatrix) throws {
        let codes = UnsafeRawBufferPointer(planes.codes.bytes), form = planes.form
        let counts = try Trits.counts(codes, rows: planes.weight.rows * form.count, width: planes.weight.columns)
        note(planes.weight, counts, planes.squareSums, form)
    }

    /// Takes in one matrix of planes that is in a file.
    func note(_ matrix: WorkFolder.Matrix) throws {
        let counts = try matrix.tensors.withBytes(0) {
            try Trits.counts($0, rows: matrix.weight.rows * matrix.form.count, width: matrix.weight.columns)
        }
        note(matrix.weight, counts, matrix.squareSums, matrix.form)
    }

    private func note(_ weight: Weight, _ counts: TritCounts, _ sums: (error: Double, total: Double), _ form: PlaneForm) {
        note(
            weight, counts, sums, planes: form.count,
            ["planes": .integer(form.count), "scales": form.isTied ? "tied" : "free", "shift": .bool(form.hasShift)])
    }

    private func note(
        _ weight: Weight, _ counts: TritCounts, _ sums: (error: Double, total: Double), planes: Int, _ more: JSONObject
    ) {
        var object: JSONObject = ["name": .string(weight.name), "shape": .array(weight.shape.map(JSON.integer))]
        for member in more.members { object[member.key] = member.value }
        for (key, count) in [("minus", counts.minus), ("zeros", counts.zero), ("plus", counts.plus)] { object[key] = .integer(count) }
        object["entropy"] = .number(Double(planes) * counts.entropy)
        object["error"] = .number(QuantisationReport.relative(sums.error, sums.total))
        matrices.append(.object(object))
        self.counts = self.counts + counts
        (quantised, entropyBits) = (quantised + weight.count, entropyBits + counts.entropy * Double(counts.total))
        (errorSquares, squares) = (errorSquares + sums.error, squares + sums.total)
    }

    /// ‖W - Ŵ‖ / ‖W‖, the Frobenius norms.
    private static func relative(_ error: Double, _ total: Double) -> Double { total > 0 ? (error / total).squareRoot() : 0 }

    /// `{"tensors": [..], "total": {..}}`; entropy in bits a weight. `size` is that of the whole file.
    public func json(_ size: SizeSummary) -> JSON {
        let perWeight = quantised > 0 ? entropyBits / Double(quantised) : 0
        var total: JSONObject = [
            "weights": .integer(quantised), "minus": .integer(counts.minus), "zeros": .integer(counts.zero),
            "plus": .integer(counts.plus), "entropy": .number(perWeight),
            "error": .number(QuantisationReport.relative(errorSquares, squares)),
        ]
        total["share_quantised"] = .number(size.weights > 0 ? Double(quantised) / Double(size.weights) : 0)
        total["file_bits_per_weight"] = .number(size.bitsPerWeight)
        for member in remarks.members { total[member.key] = member.value }
        return ["tensors": .array(matrices), "total": .object(total)]
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
