import Basis
import Safetensors

/// What a file is, by its first bytes.
public enum Kind: Sendable {
    /// A safetensors file: the length of its header leaves the upper four of eight bytes zero.
    case raw
    /// Zstandard.
    case packed
    /// JSON.
    case manifest

    /// Bytes that have to be seen.
    public static let needed = 8

    /// Nil for what is none of the three.
    public init?(of beginning: UnsafeRawBufferPointer) {
        let isSkippable = beginning.count >= 4 && beginning[0] & 0xF0 == 0x50 && beginning[1...3].elementsEqual([0x2A, 0x4D, 0x18])
        if beginning.starts(with: Zstandard.magic) || isSkippable {
            self = .packed
        } else if beginning.count >= Kind.needed, beginning[4..<8].allSatisfy({ $0 == 0 }) {
            self = .raw
        } else if beginning.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
            self = .manifest
        } else {
            return nil
        }
    }

    /// What a stream is, and a reader of the whole of it.
    public static func of(_ reader: any ByteReader) throws -> (Kind?, any ByteReader) {
        var beginning = [UInt8](repeating: 0, count: needed)
        let count = try beginning.withUnsafeMutableBytes { try reader.fill($0) }
        beginning.removeLast(needed - count)
        return (beginning.withUnsafeBytes { Kind(of: $0) }, PrefixedReader(beginning, reader))
    }
}

extension Memory {
    /// All of a safetensors file that comes as a stream.
    convenience init(readingAll reader: any ByteReader) throws {
        let (header, bytes) = try SafetensorsHeader.read(from: reader)
        let (total, overflow) = bytes.count.addingReportingOverflow(header.dataCount)
        guard !overflow else { throw Failure("'\(reader.name)': the tensors take more bytes than there can be") }
        try self.init(count: total)
        self.bytes.copyBytes(from: bytes)
        try reader.readExactly("the container", into: UnsafeMutableRawBufferPointer(rebasing: self.bytes[bytes.count...]))
        try reader.expectEnd()
    }
}
