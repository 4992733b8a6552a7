/// Where GGUF's ternary types keep each trit, by the tables of tern-gguf(5): a writer and a naive reader, trit by trit.
public enum TernaryLayout: String, CaseIterable, Sendable {
    case i2sX86 = "i2_s-x86", i2sRows = "i2_s-x86-rows", i2sARM = "i2_s-arm", tq1x0 = "tq1_0", tq2x0 = "tq2_0"
    case q2x0of64 = "q2_0-64", q2x0of128 = "q2_0-128", iq1bn = "iq1_bn", iq2bn = "iq2_bn", iq2bnR4 = "iq2_bn_r4"

    public var number: UInt32 {
        switch self {
        case .tq1x0: 34
        case .tq2x0: 35
        case .i2sX86, .i2sRows, .i2sARM: 36
        case .q2x0of64, .q2x0of128: 42
        case .iq1bn: 134
        case .iq2bn: 135
        case .iq2bnR4: 335
        }
    }

    /// Numbers in a block, its bytes, and those at the start of a row.
    var block: (numbers: Int, bytes: Int, row: Int) {
        switch self {
        case .i2sX86: (128, 32, 0)
        case .i2sRows: (4, 1, 0)
        case .i2sARM: (64, 16, 0)
        case .tq1x0: (256, 54, 0)
        case .tq2x0: (256, 66, 0)
        case .q2x0of64: (64, 18, 0)
        case .q2x0of128: (128, 34, 0)
        case .iq1bn: (64, 13, 2)
        case .iq2bn, .iq2bnR4: (64, 16, 4)
        }
    }

    func rowBytes(_ columns: Int) -> Int { columns / block.numbers * block.bytes + block.row }

    public func byteCount(rows: Int, columns: Int) -> Int {
        number == 36 ? rows * columns / 4 + 32 : rows * rowBytes(columns)
    }

    /// Two bits of a byte, from `shift` on; or a digit of base 3, the most significant being digit 0.
    enum Place {
        case bits(byte: Int, shift: Int)
        case digit(byte: Int, Int)
    }

    func place(row: Int, column: Int, columns: Int) -> Place {
        let (block, i) = (column / block.numbers, column % block.numbers)
        let start = row * rowBytes(columns) + self.block.row + block * self.block.bytes
        switch self {
        case .i2sX86, .i2sARM:
            let flat = row * columns + column, size = self.block.numbers, j = flat % size
            return .bits(byte: flat / size * size / 4 + j % (size / 4), shift: 6 - 2 * (j / (size / 4)))
        case .i2sRows: return .bits(byte: row / 4 * columns + column, shift: 6 - 2 * (row % 4))
        case .tq2x0: return .bits(byte: start + i / 128 * 32 + i % 32, shift: 2 * (i % 128 / 32))
        case .q2x0of64, .q2x0of128: return .bits(byte: start + 2 + i / 4, shift: 2 * (i % 4))
        case .iq2bn: return .bits(byte: start + i % 16, shift: 2 * (i / 16))
        case .iq2bnR4:
            let four = row / 4 * 4 * rowBytes(columns) + 16 + 64 * block
            return .bits(byte: four + i / 16 * 16 + 4 * (row % 4) + i % 4, shift: 2 * (i % 16 / 4))
        case .tq1x0:
            if i < 160 { return .digit(byte: start + i % 32, i / 32) }
            return i < 240 ? .digit(byte: start + 32 + (i - 160) % 16, (i - 160) / 16) : .digit(byte: start + 48 + i % 4, (i - 240) / 4)
        case .iq1bn: return i % 16 == 15 ? .digit(byte: start + 12, 4 - i / 16) : .digit(byte: start + i / 16 * 3 + i % 16 / 5, 4 - i % 16 % 5)
        }
    }

    /// Where the scales stand, and whether they are of 16 bits.
    func scales(rows: Int, columns: Int) -> (places: [Int], isHalf: Bool) {
        let row = rowBytes(columns), blocks = columns / block.numbers
        switch self {
        case .i2sX86, .i2sRows, .i2sARM: return ([rows * columns / 4], false)
        case .iq1bn: return ((0..<rows).map { $0 * row }, true)
        case .iq2bn: return ((0..<rows).map { $0 * row }, false)
        case .iq2bnR4: return ((0..<rows).map { $0 / 4 * 4 * row + $0 % 4 * 4 }, false)
        default:
            let within = self == .q2x0of64 || self == .q2x0of128 ? 0 : block.bytes - 2
            return ((0..<rows).flatMap { r in (0..<blocks).map { r * row + $0 * block.bytes + within } }, true)
        }
    }
}

extension TernaryLayout {
    /// A matrix as it is stored; `scales` gives that of each group in order.
    public func encoded(_ trits: [[Int8]], scale: (Int) -> Float) -> [UInt8] {
        let (rows, columns) = (trits.count, trits[0].count)
        var bytes = [UInt8](repeating: 0, count: byteCount(rows: rows, columns: columns)), values = [Int: Int]()
        for row in 0..<rows {
            for column in 0..<columns {
                let code = Int(trits[row][column]) + 1
                switch place(row: row, column: column, columns: columns) {
                case .bits(let byte, let shift): bytes[byte] |= UInt8(code << shift)
                case .digit(let byte, let digit): values[byte, default: 0] += code * [81, 27, 9, 3, 1][digit]
                }
            }
        }
        for (byte, value) in values { bytes[byte] = UInt8((256 * value + 242) / 243) }
        let (places, isHalf) = scales(rows: rows, columns: columns)
        for (group, at) in places.enumerated() {
            let stored = isHalf ? withUnsafeBytes(of: Float16(scale(group)).bitPattern) { Array($0) } : withUnsafeBytes(of: scale(group)) { Array($0) }
            bytes.replaceSubrange(at..<at + stored.count, with: stored)
        }
        return bytes
    }

    public func encoded(_ trits: [[Int8]], scale: Float) -> [UInt8] { encoded(trits) { _ in scale } }

    /// The trit at a place; code 3 gives 2.
    public func trit(_ bytes: [UInt8], row: Int, column: Int, columns: Int) -> Int8 {
        switch place(row: row, column: column, columns: columns) {
        case .bits(let byte, let shift): Int8(bytes[byte] >> UInt8(shift) & 3) - 1
        case .digit(let byte, let digit): Int8(((Int(bytes[byte]) * [1, 3, 9, 27, 81][digit] & 0xFF) * 3) >> 8) - 1
        }
    }
}
