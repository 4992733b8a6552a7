/// The rows that fill up the last group of a table of integers: all their integers and scales are 0.
extension IntegerBits {
    /// Bytes of codes that hold four neighbouring columns of each row of a group, four bytes a row.
    private static let line = 4 * group

    /// The byte of zeros in such a line; of six bits every third line holds the high bits.
    private func zeros(line: Int) -> UInt8 {
        switch self {
        case .eight: 0x80
        case .four: 0x88
        case .two: 0xAA
        case .six: line % 3 == 2 ? 0xAA : 0
        }
    }

    /// Where the bytes of the last group that belong to no row lie in each of its lines; nil if there are none.
    private func filling(rows: Int, width: Int) -> (start: Int, bytes: Range<Int>)? {
        let (whole, used) = rows.quotientAndRemainder(dividingBy: IntegerBits.group)
        return used > 0 ? (whole * groupBytes(width: width), 4 * used..<IntegerBits.line) : nil
    }

    /// Fills up the codes of a table.
    public func fill(codes: UnsafeMutableRawBufferPointer, rows: Int, width: Int) {
        guard let (start, bytes) = filling(rows: rows, width: width) else { return }
        for line in 0..<groupBytes(width: width) / IntegerBits.line {
            for byte in bytes { codes[start + line * IntegerBits.line + byte] = zeros(line: line) }
        }
    }

    /// Fills up the scales of a table, as many groups of sixteen as spans in the last group.
    public static func fill(scales: UnsafeMutableBufferPointer<UInt16>, rows: Int, width: Int) {
        let (whole, used) = rows.quotientAndRemainder(dividingBy: group)
        guard used > 0 else { return }
        for span in 0..<spans(width: width) {
            for row in used..<group { scales[whole * groupScales(width: width) + span * group + row] = 0 }
        }
    }

    /// Whether the codes and the scales of a table are filled up.
    public func isFilled(codes: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer, rows: Int, width: Int) -> Bool {
        guard let (start, bytes) = filling(rows: rows, width: width) else { return true }
        let (whole, used) = rows.quotientAndRemainder(dividingBy: IntegerBits.group)
        let codesAreZero = (0..<groupBytes(width: width) / IntegerBits.line).allSatisfy { line in
            bytes.allSatisfy { codes[start + line * IntegerBits.line + $0] == zeros(line: line) }
        }
        return codesAreZero && (0..<IntegerBits.spans(width: width)).allSatisfy { span in
            let first = whole * IntegerBits.groupScales(width: width) + span * IntegerBits.group
            return (used..<IntegerBits.group).allSatisfy { scales.loadUnaligned(fromByteOffset: 2 * (first + $0), as: UInt16.self) == 0 }
        }
    }
}
