import Tensors

/// Matrices of trits as transformers packs them (integrations/bitnet.py): [rows / 4, columns] bytes, of which byte (r, c) holds four codes,
/// the lowest bits first: those of column c in the rows r, R + r, 2R + r and 3R + r, R = rows / 4.
enum QuarteredTrits {
    /// Writes the same codes as containers hold them: row after row, each on a byte of its own, four a byte, filled up with code 1.
    static func regroup(
        _ packed: UnsafeRawBufferPointer, columns: Int, into codes: UnsafeMutableRawBufferPointer, _ threads: ThreadPool
    ) {
        let quarter = packed.count / max(1, columns), rowBytes = Trits.rowBytes(width: columns)
        threads.parallel(quarter, grain: max(1, (1 << 16) / max(1, columns))) { part in
            for row in part {
                let bytes = UnsafeRawBufferPointer(rebasing: packed[row * columns..<(row + 1) * columns])
                for place in 0..<4 {
                    let start = (place * quarter + row) * rowBytes
                    gather(bytes, place, into: UnsafeMutableRawBufferPointer(rebasing: codes[start..<start + rowBytes]))
                }
            }
        }
    }

    /// The codes in one place of each byte, four a byte.
    private static func gather(_ bytes: UnsafeRawBufferPointer, _ place: Int, into codes: UnsafeMutableRawBufferPointer) {
        let words = bytes.count / 8
        for word in 0..<words {
            let eight = bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self) >> UInt64(2 * place) & 0x0303_0303_0303_0303
            // Moves the second, third and fourth byte of each half next to the first.
            let folded = eight | eight >> 6 | eight >> 12 | eight >> 18
            codes[2 * word] = UInt8(truncatingIfNeeded: folded)
            codes[2 * word + 1] = UInt8(truncatingIfNeeded: folded >> 32)
        }
        guard bytes.count % 8 > 0 else { return }
        for index in 2 * words..<codes.count { codes[index] = 0b01_01_01_01 }
        for column in 8 * words..<bytes.count {
            let shift = UInt8(2 * (column % 4)), code = bytes[column] >> UInt8(2 * place) & 3
            codes[column / 4] = codes[column / 4] & ~(3 << shift) | code << shift
        }
    }
}
