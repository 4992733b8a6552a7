import Basis
import Tensors

/// Rows of trits as a file stores them. Whoever reads them gets two-bit codes, whatever they are stored as.
struct CodedRows: Equatable {
    let columns: Int
    let areFives: Bool

    /// Asked for once: asking the processor takes long where it is a virtual one.
    private static let kernels = Kernels.best

    /// Nil for what is no trits.
    init?(_ encoding: Encoding, columns: Int) {
        guard encoding.isTernary else { return nil }
        (self.columns, areFives) = (columns, encoding == .fives)
    }

    /// Bytes of a row in the file, and as two-bit codes.
    var storedBytes: Int { areFives ? Fives.rowBytes(width: columns) : codeBytes }
    var codeBytes: Int { Trits.rowBytes(width: columns) }

    /// Calls `body` with the two-bit codes of whole stored rows. Fives that stand for nothing are a failure, two-bit codes are not looked
    /// at.
    func withCodes(_ rows: UnsafeRawBufferPointer, in scratch: RowBuffer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard areFives, storedBytes > 0 else { return try body(rows) }
        let codes = scratch.bytes(rows.count / storedBytes * codeBytes)
        try CodedRows.kernels.unpackFives(rows, width: columns, into: codes)
        try body(UnsafeRawBufferPointer(codes))
    }

    /// Calls `body` with rows of two-bit codes, none of which is 3, as fives.
    func withFives(_ codes: UnsafeRawBufferPointer, in scratch: RowBuffer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard codeBytes > 0 else { return }
        let fives = scratch.bytes(codes.count / codeBytes * Fives.rowBytes(width: columns))
        CodedRows.kernels.packFives(codes, width: columns, into: fives)
        try body(UnsafeRawBufferPointer(fives))
    }

    /// What is wrong with stored rows; nil if nothing is. A code of 3, and a byte above 242 of fives, stand for nothing; padding is 1.
    func problem(_ rows: UnsafeRawBufferPointer) -> String? {
        guard areFives else { return tritsProblem(rows, columns: columns) }
        let scratch = RowBuffer()
        var cutter = RowCutter(rowBytes: storedBytes, rows: 1)
        do {
            try cutter.cut(rows) { try withCodes($0, in: scratch) { _ in } }
            return nil
        } catch { return "\(error)" }
    }
}

/// Memory for some rows, used again and again.
final class RowBuffer {
    private var memory = AlignedMemory(byteCount: 0)

    func bytes(_ count: Int) -> UnsafeMutableRawBufferPointer {
        if memory.bytes.count < count { memory = AlignedMemory(byteCount: count) }
        return UnsafeMutableRawBufferPointer(rebasing: memory.bytes[..<count])
    }
}

/// Cuts bytes that come in stretches of any length into lots of whole rows that a second-level cache holds.
struct RowCutter {
    private let lot: Int
    private let most: Int
    private var pending: [UInt8] = []
    private static let cached = 1 << 17

    /// Each lot has a multiple of `rows` rows, but for the last.
    init(rowBytes: Int, rows: Int) {
        let (product, overflow) = max(1, rowBytes).multipliedReportingOverflow(by: max(1, rows))
        lot = overflow ? .max : product
        most = max(1, RowCutter.cached / lot) * lot
    }

    /// Hands on what has come together; the rest waits.
    mutating func add(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        var rest = bytes
        if !pending.isEmpty {
            let step = min(lot - pending.count, rest.count)
            pending += rest[..<step]
            rest = UnsafeRawBufferPointer(rebasing: rest[step...])
            guard pending.count == lot else { return }
            try finish(body)
        }
        while rest.count >= lot {
            let step = min(most, rest.count / lot * lot)
            try body(UnsafeRawBufferPointer(rebasing: rest[..<step]))
            rest = UnsafeRawBufferPointer(rebasing: rest[step...])
        }
        pending += rest
    }

    /// Hands on what is left.
    mutating func finish(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard !pending.isEmpty else { return }
        defer { pending.removeAll(keepingCapacity: true) }
        try pending.withUnsafeBytes(body)
    }

    /// All that there is, at once.
    mutating func cut(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try add(bytes, body)
        try finish(body)
    }
}

/// What is wrong with two-bit codes.
private func tritsProblem(_ bytes: UnsafeRawBufferPointer, columns: Int) -> String? {
    guard !hasCodeThree(bytes) else { return "a code is 3, which stands for no weight" }
    let used = columns % 4
    guard used != 0 else { return nil }
    let stride = columns / 4 + 1
    let mask: UInt8 = 0xFF << UInt8(2 * used)
    for at in Swift.stride(from: stride - 1, to: bytes.count, by: stride) where bytes[at] & mask != 0b0101_0101 & mask {
        return "the padding of row \(at / stride) is not 1"
    }
    return nil
}

/// Whether both bits of any two-bit code are set; eight bytes a step, as this is done to every weight that is loaded.
private func hasCodeThree(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var both: UInt64 = 0
    let words = bytes.count / 8
    for word in 0..<words {
        let codes = bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
        both |= codes & (codes >> 1)
    }
    for at in 8 * words..<bytes.count { both |= UInt64(bytes[at] & (bytes[at] >> 1)) }
    return both & 0x5555_5555_5555_5555 != 0
}
