import Glibc

/// Bytes that come in order and once: a pipe, a file, memory, what a decompressor makes.
public protocol ByteReader: AnyObject {
    /// What the bytes are called in errors.
    var name: String { get }

    /// At most as many bytes as fit; 0 only at the end, or when nothing fits.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

extension ByteReader {
    /// Reads until `buffer` is full or the bytes end; how many there were.
    public func fill(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        var done = 0
        while done < buffer.count {
            let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Fills all of `buffer`; `what` says in the error what was cut short.
    public func readExactly(_ what: @autoclosure () -> String, into buffer: UnsafeMutableRawBufferPointer) throws {
        let count = try fill(buffer)
        guard count == buffer.count else {
            throw Failure("'\(name)': \(what()) is cut short: \(count) of \(buffer.count) bytes")
        }
    }

    /// `count` bytes; memory grows only as they arrive, so that a false count costs nothing.
    public func readExactly(_ what: @autoclosure () -> String, count: Int) throws -> [UInt8] {
        var content: [UInt8] = []
        while content.count < count {
            let step = min(count - content.count, 1 << 20)
            let start = content.count
            content += repeatElement(0, count: step)
            let got = try content.withUnsafeMutableBytes { try fill(UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
            guard got == step else {
                throw Failure("'\(name)': \(what()) is cut short: \(start + got) of \(count) bytes")
            }
        }
        return content
    }

    /// All that is left; refuses more than `limit` bytes.
    public func readAll(limit: Int) throws -> [UInt8] {
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try piece.withUnsafeMutableBytes { try read(into: $0) }
            if count == 0 { return content }
            guard content.count + count <= limit else { throw Failure("'\(name)' has more than \(limit) bytes") }
            content += piece[..<count]
        }
    }

    /// Refuses anything after the end of what was expected.
    public func expectEnd() throws {
        var byte: UInt8 = 0
        let count = try withUnsafeMutableBytes(of: &byte) { try read(into: $0) }
        guard count == 0 else { throw Failure("'\(name)' goes on after its end") }
    }
}

/// What comes through a descriptor: standard input, a pipe, a file.
public final class DescriptorReader: ByteReader {
    public let descriptor: Descriptor
    public var name: String { descriptor.name }

    public init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try descriptor.read(into: buffer) }
}

/// The bytes of a regular file from its start, wherever other readers of it are.
final class PositionedReader: ByteReader {
    private let descriptor: Descriptor
    private let count: Int
    private var at = 0
    var name: String { descriptor.name }

    init(_ descriptor: Descriptor, count: Int) {
        (self.descriptor, self.count) = (descriptor, count)
        descriptor.adviseSequential()
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let step = min(buffer.count, count - at)
        guard step > 0 else { return 0 }
        try descriptor.read(at: at, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<step]))
        at += step
        return step
    }
}

/// Bytes that lie in memory, kept alive by `owner`.
public final class MemoryReader: ByteReader {
    public let name: String
    private let bytes: UnsafeRawBufferPointer
    private let owner: AnyObject
    private var at = 0

    public init(_ bytes: UnsafeRawBufferPointer, name: String, owner: AnyObject) {
        (self.bytes, self.name, self.owner) = (bytes, name, owner)
    }

    public convenience init(_ file: MappedFile) { self.init(file.bytes, name: file.name, owner: file) }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = min(buffer.count, bytes.count - at)
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[at..<at + count]))
        at += count
        return count
    }
}

/// A reader with bytes put back in front of it, for those who had to look at the first ones.
public final class PrefixedReader: ByteReader {
    private var prefix: ArraySlice<UInt8>
    private let rest: any ByteReader
    public var name: String { rest.name }

    public init(_ prefix: [UInt8], _ rest: any ByteReader) { (self.prefix, self.rest) = (prefix[...], rest) }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard !prefix.isEmpty else { return try rest.read(into: buffer) }
        let count = min(buffer.count, prefix.count)
        buffer.copyBytes(from: prefix.prefix(count))
        prefix = prefix.dropFirst(count)
        return count
    }
}
