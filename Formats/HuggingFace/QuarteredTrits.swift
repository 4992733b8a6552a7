import Tensors

/// Matrices of trits as transformers packs them (integrations/bitnet.py): [rows / 4, columns] bytes, of which byte (r, c) holds four codes,
/// the lowest bits first: those of column c in the rows r, R + r, 2R + r and 3R + r, R = rows / 4.
public enum QuarteredTrits {
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

extension QuarteredTrits {
    /// The reverse, lot by lot: from codes as containers hold them. `rows` divides by four.
    public static func pack(
        _ codes: UnsafeRawBufferPointer, rows: Int, columns: Int, _ threads: ThreadPool, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let quarter = rows / 4, rowBytes = Trits.rowBytes(width: columns), lot = max(1, min(quarter, (1 << 22) / max(1, columns)))
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: lot * columns, alignment: 64)
        defer { memory.deallocate() }
        for first in stride(from: 0, to: quarter, by: lot) {
            let count = min(lot, quarter - first)
            threads.parallel(count, grain: max(1, (1 << 16) / max(1, columns))) { part in
                for row in part {
                    let starts = (0..<4).map { ($0 * quarter + first + row) * rowBytes }
                    for column in 0..<columns {
                        let shift = UInt8(2 * (column % 4)), place = column / 4
                        let low = codes[starts[0] + place] >> shift & 3 | (codes[starts[1] + place] >> shift & 3) << 2
                        let high = codes[starts[2] + place] >> shift & 3 | (codes[starts[3] + place] >> shift & 3) << 2
                        memory[row * columns + column] = low | high << 4
                    }
                }
            }
            try body(UnsafeRawBufferPointer(rebasing: memory[..<(count * columns)]))
        }
    }
}
