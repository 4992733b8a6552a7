import Basis
import Glibc

/// Trits as files hold them: two bits, 0, 1, 2 for -1, 0, +1, four a byte, the lowest bits first. A row starts on a byte; what is left
/// of its last byte is filled with code 1.
public enum Trits {
    /// Bytes of a row in a file.
    public static func rowBytes(width: Int) -> Int { width / 4 + (width % 4 == 0 ? 0 : 1) }

    /// Codes of one row of values -1, 0, +1.
    public static func pack(_ values: [Int8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0b01_01_01_01, count: rowBytes(width: values.count))
        for (index, value) in values.enumerated() {
            let shift = 2 * (index % 4)
            bytes[index / 4] = bytes[index / 4] & ~(3 << shift) | UInt8(truncatingIfNeeded: value.signum() + 1) << shift
        }
        return bytes
    }

    /// The values of the first `width` codes of a row; code 3, which none should have, gives +2.
    public static func unpack(_ bytes: [UInt8], width: Int) -> [Int8] {
        (0..<min(width, 4 * bytes.count)).map { Int8(bytes[$0 / 4] >> (2 * ($0 % 4)) & 3) - 1 }
    }

    /// The `width` values of the row that starts at byte `start`, as floats.
    public static func widen(_ bytes: UnsafeRawBufferPointer, from start: Int, width: Int, into values: UnsafeMutablePointer<Float>) {
        for index in 0..<width { values[index] = Float(Int(bytes[start + index / 4] >> (2 * (index % 4)) & 3) - 1) }
    }

    /// Fails unless `bytes` are `rows` rows of `width` trits: the size right, no code 3, the filling all code 1. `first` is the number of
    /// the first of them in errors.
    public static func validate(_ bytes: UnsafeRawBufferPointer, rows: Int, width: Int, first: Int = 0) throws {
        let rowBytes = try checkSize(bytes, rows: rows, width: width)
        guard !anyCodeThree(bytes) else { throw Failure("a trit has code 3, \(place(bytes, rowBytes: rowBytes, first))") }
        guard width % 4 != 0 else { return }
        let mask = filling(width: width)
        for row in 0..<rows where bytes[row * rowBytes + rowBytes - 1] & mask != 0x55 & mask {
            throw Failure("row \(first + row) of trits is not filled up with code 1")
        }
    }

    /// How many of the trits are -1, 0 and +1. `bytes` must be valid.
    public static func counts(_ bytes: UnsafeRawBufferPointer, rows: Int, width: Int) throws -> TritCounts {
        try checkSize(bytes, rows: rows, width: width)
        var (low, high) = (0, 0)
        for word in 0..<bytes.count / 8 {
            let codes = bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
            low &+= (codes & everyLow).nonzeroBitCount
            high &+= (codes >> 1 & everyLow).nonzeroBitCount
        }
        for index in bytes.count / 8 * 8..<bytes.count {
            low &+= (bytes[index] & 0x55).nonzeroBitCount
            high &+= (bytes[index] >> 1 & 0x55).nonzeroBitCount
        }
        let zeros = low - rows * (4 * rowBytes(width: width) - width)
        return TritCounts(minus: rows * width - zeros - high, zero: zeros, plus: high)
    }
}

/// How many trits have each value.
public struct TritCounts: Hashable, Sendable {
    public var minus: Int, zero: Int, plus: Int

    public init(minus: Int = 0, zero: Int = 0, plus: Int = 0) { (self.minus, self.zero, self.plus) = (minus, zero, plus) }

    public static func + (a: TritCounts, b: TritCounts) -> TritCounts {
        TritCounts(minus: a.minus + b.minus, zero: a.zero + b.zero, plus: a.plus + b.plus)
    }

    public var total: Int { minus + zero + plus }

    /// Bits a trit, of a code that knows only these frequencies; 0 where there are no trits.
    public var entropy: Double {
        guard total > 0 else { return 0 }
        return [minus, zero, plus].reduce(0) { sum, count in
            let share = Double(count) / Double(total)
            return count == 0 ? sum : sum - share * log2(share)
        }
    }
}

private let everyLow: UInt64 = 0x5555_5555_5555_5555

extension Trits {
    /// The bits of a row's last byte that hold no trit.
    private static func filling(width: Int) -> UInt8 { ~UInt8(truncatingIfNeeded: 1 << (2 * (width % 4)) - 1) }

    /// Bytes of a row, once rows of it make up `bytes`.
    @discardableResult
    static func checkSize(_ bytes: UnsafeRawBufferPointer, rows: Int, width: Int) throws -> Int {
        guard rows >= 0, width >= 0 else { throw Failure("\(rows) rows of \(width) trits cannot be") }
        let (expected, overflow) = rows.multipliedReportingOverflow(by: rowBytes(width: width))
        guard !overflow, expected == bytes.count, !rows.multipliedReportingOverflow(by: width).overflow else {
            throw Failure("\(rows) rows of \(width) trits are not \(bytes.count) bytes")
        }
        return rowBytes(width: width)
    }

    /// Whether both bits of any code are set. Without a branch, so that it becomes vector instructions and runs at the speed of memory.
    private static func anyCodeThree(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var both: UInt64 = 0
        for word in 0..<bytes.count / 8 {
            let codes = bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
            both |= codes & codes >> 1
        }
        for index in bytes.count / 8 * 8..<bytes.count { both |= UInt64(bytes[index] & bytes[index] >> 1) }
        return both & everyLow != 0
    }

    private static func place(_ bytes: UnsafeRawBufferPointer, rowBytes: Int, _ first: Int) -> String {
        let byte = bytes.firstIndex { $0 & $0 >> 1 & 0x55 != 0 } ?? 0
        let within = (bytes[byte] & bytes[byte] >> 1 & 0x55).trailingZeroBitCount / 2
        return "row \(first + byte / rowBytes), column \(byte % rowBytes * 4 + within)"
    }
}
