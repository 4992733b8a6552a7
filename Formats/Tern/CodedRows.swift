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
        guard let coding = encoding.coding else { return nil }
        (self.columns, areFives) = (columns, coding == .fives)
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

    /// Fails where stored rows have a code of 3, or a byte above 242 of fives, which stand for nothing, or padding that is not 1.
    func validate(_ rows: UnsafeRawBufferPointer) throws {
        guard storedBytes > 0 else { return }
        guard areFives else { return try Trits.validate(rows, rows: rows.count / storedBytes, width: columns) }
        let scratch = RowBuffer()
        var cutter = RowCutter(rowBytes: storedBytes, rows: 1)
        try cutter.cut(rows) { try withCodes($0, in: scratch) { _ in } }
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
