import Basis

/// Reads a header's fields one after another; nothing is believed that the bytes at hand cannot hold.
struct ByteCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var left: Int { bytes.count - at }

    /// A little-endian integer; `what` says in the error what was cut short.
    mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ what: @autoclosure () -> String) throws -> Value {
        let start = try skip(MemoryLayout<Value>.size, what())
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Value.self))
    }

    /// A 64-bit count of things that take at least `size` bytes each, of which there are no more than fit into what is left.
    mutating func count(of size: Int, _ what: @autoclosure () -> String) throws -> Int {
        let count = try integer(UInt64.self, what())
        guard count <= UInt64(left / size) else { throw Failure("\(what()) is \(count), more than the file has room for") }
        return Int(count)
    }

    /// A length of 64 bits and so many bytes of text; what is no UTF-8 is replaced.
    mutating func string(_ what: @autoclosure () -> String) throws -> String {
        let count = try count(of: 1, "the length of \(what())")
        let start = try skip(count, what())
        return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]), as: UTF8.self)
    }

    /// Passes over `count` bytes; where they start.
    @discardableResult
    mutating func skip(_ count: Int, _ what: @autoclosure () -> String) throws -> Int {
        guard count <= left else { throw Failure("\(what()) is cut short at byte \(bytes.count)") }
        defer { at += count }
        return at
    }
}
