import Basis
import Tensors

/// Safetensors that come once and in order, through a pipe: a tensor passed over is gone.
public final class SafetensorsStream: TensorSource {
    public let header: SafetensorsHeader
    /// The header as it came, length field first.
    public let headerBytes: [UInt8]
    private let reader: any ByteReader
    /// The tensor that comes next.
    public private(set) var next = 0

    public var name: String { reader.name }
    public var entries: [TensorEntry] { header.entries }

    public init(_ reader: any ByteReader) throws {
        self.reader = reader
        (header, headerBytes) = try SafetensorsHeader.read(from: reader)
    }

    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard index >= next else { throw Failure("'\(name)': tensor '\(entries[index].name)' has gone by already") }
        guard buffer.count == entries[index].byteCount else {
            throw Failure("a buffer of \(buffer.count) bytes for \(entries[index].byteCount)")
        }
        try skip(to: index)
        try reader.readExactly("tensor '\(entries[index].name)'", into: buffer)
        next = index + 1
    }

    /// Passes over what is left and refuses bytes after it.
    public func finish() throws {
        try skip(to: entries.count)
        try reader.expectEnd()
    }

    private func skip(to index: Int) throws {
        while next < index {
            try discard(entries[next])
            next += 1
        }
    }

    private func discard(_ entry: TensorEntry) throws {
        var piece = [UInt8](repeating: 0, count: min(entry.byteCount, 1 << 16))
        var left = entry.byteCount
        while left > 0 {
            let step = min(left, piece.count)
            try piece.withUnsafeMutableBytes {
                try reader.readExactly("tensor '\(entry.name)'", into: UnsafeMutableRawBufferPointer(rebasing: $0[..<step]))
            }
            left -= step
        }
    }
}
