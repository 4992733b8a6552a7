import Basis

/// The types whose rows lie in each other: the codes of all rows at once, each row on a byte of its own.
enum WholeMatrix {
    static func holds(_ type: StoredType) -> Bool { type.isI2S || type == .iq2bnR4 }

    /// `bytes` has the size of the type, and `columns` divides by four.
    static func decode(_ type: StoredType, rows: Int, columns: Int, _ bytes: UnsafeRawBufferPointer, into codes: Codes) {
        guard let start = bytes.baseAddress else { return }
        switch type {
        case .i2sX86: decodeBlocks(start, count: rows * columns / 128, plane: 32, into: codes)
        case .i2sARM: decodeBlocks(start, count: rows * columns / 64, plane: 16, into: codes)
        case .i2sRows: decodeFours(start, rows: rows, columns: columns, into: codes)
        default: decodeIQ2R4(start, rows: rows, columns: columns, into: codes)
        }
    }

    /// What +1 stands for, one for all rows or one a row.
    static func scales(_ type: StoredType, rows: Int, columns: Int, _ bytes: UnsafeRawBufferPointer) -> [Float] {
        guard let start = bytes.baseAddress else { return [] }
        if type.isI2S { return [start.float(at: rows * columns / 4)] }
        return (0..<rows).map { start.float(at: $0 / 4 * fourRows(columns) + 4 * ($0 % 4)) }
    }

    /// Blocks of four planes, the highest bits first; they take no notice of where rows end.
    private static func decodeBlocks(_ start: UnsafeRawPointer, count: Int, plane: Int, into codes: Codes) {
        for block in 0..<count {
            for part in 0..<4 {
                gather(start + block * plane, shift: UInt32(6 - 2 * part), count: plane, into: codes + block * plane + part * plane / 4)
            }
        }
    }

    /// A byte holds one column of four rows, the first row in the highest bits.
    private static func decodeFours(_ start: UnsafeRawPointer, rows: Int, columns: Int, into codes: Codes) {
        for row in 0..<rows {
            gather(start + row / 4 * columns, shift: UInt32(6 - 2 * (row % 4)), count: columns, into: codes + row * columns / 4)
        }
    }

    private static func fourRows(_ columns: Int) -> Int { 16 + columns }

    /// Four rows: their scales, then 64 bytes for 64 columns; byte 16 l + 4 k + i holds columns 16 l + i + 0, 4, 8, 12 of row k.
    private static func decodeIQ2R4(_ start: UnsafeRawPointer, rows: Int, columns: Int, into codes: Codes) {
        for row in 0..<rows {
            let source = start + row / 4 * fourRows(columns) + 16 + 4 * (row % 4)
            let target = codes + row * columns / 4
            for part in 0..<columns / 4 {
                gather(source + part / 4 * 16, shift: UInt32(2 * (part % 4)), count: 4, into: target + part)
            }
        }
    }
}
