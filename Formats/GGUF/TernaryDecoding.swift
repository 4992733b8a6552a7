import Basis
import Tensors

/// Trits of a stored matrix in container form.
extension StoredType {
    /// Writes the codes, each row on a byte of its own, and gives what +1 stands for. Refuses code 3, scales that differ (those of zeros
    /// alone apart), a scale that is no positive number, and matrices that were made of floats which are not ternary.
    func decodeTrits(rows: Int, columns: Int, _ bytes: UnsafeRawBufferPointer, into codes: UnsafeMutableRawBufferPointer) throws -> Float {
        guard columns % 4 == 0, let start = codes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            throw Failure("has rows of \(columns) trits, which do not divide by 4")
        }
        var common = CommonScale()
        if WholeMatrix.holds(self) {
            WholeMatrix.decode(self, rows: rows, columns: columns, bytes, into: start)
            let scales = WholeMatrix.scales(self, rows: rows, columns: columns, bytes)
            let group = rows * columns / 4 / max(1, scales.count)
            for (index, scale) in scales.enumerated() { try common.note(scale, of: start + index * group, count: group) }
        } else {
            try decodeRows(rows, columns: columns, bytes, into: start, &common)
        }
        try Trits.validate(UnsafeRawBufferPointer(codes), rows: rows, width: columns)
        if isI2S { try StoredType.refuseNoise(UnsafeRawBufferPointer(codes), rows: rows, columns: columns) }
        return common.scale ?? 1
    }

    private func decodeRows(
        _ rows: Int, columns: Int, _ bytes: UnsafeRawBufferPointer, into codes: Codes, _ common: inout CommonScale
    ) throws {
        let blocks = TernaryBlocks(self, columns: columns, bytes)
        var scales: [Float] = []
        for row in 0..<rows {
            let target = codes + row * columns / 4
            blocks.decode(row, into: target, scales: &scales)
            for (index, scale) in scales.enumerated() {
                try common.note(scale, of: target + index * blocks.group / 4, count: blocks.group / 4)
            }
        }
    }

    /// bitnet.cpp makes +1 and -1 of every float that is not zero: of a model that was not ternary it leaves noise.
    private static func refuseNoise(_ codes: UnsafeRawBufferPointer, rows: Int, columns: Int) throws {
        let counts = try Trits.counts(codes, rows: rows, width: columns)
        guard counts.zero * 20 >= counts.total else {
            throw Failure("has \(counts.zero) zeros among \(counts.total) trits: it was made of floats that were not ternary")
        }
    }
}

/// The one scale of a matrix.
private struct CommonScale {
    var scale: Float?

    /// The scale of some codes, four a byte.
    @inline(__always) mutating func note(_ next: Float, of codes: Codes, count: Int) throws {
        if next == scale { return }
        guard (0..<count).contains(where: { codes[$0] != 0x55 }) else { return }
        guard next > 0, next.isFinite else { throw Failure("has the scale \(next), expected a positive number") }
        if let scale { throw Failure("has blocks of the scales \(scale) and \(next), where a matrix of trits has one") }
        scale = next
    }
}
