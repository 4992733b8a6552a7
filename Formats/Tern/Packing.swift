import Basis
import Tensors

/// Containers from one form into the other, as streams: no more in memory than one tensor, and every digest compared on the way. The
/// content stays the same to the byte. The target is closed only once everything has been found right.
public enum Packing {
    /// How much went in and out, and how many weights that is.
    public struct Sizes: Sendable {
        public let content: Int
        public let weights: Int
    }

    /// Packs a raw container. One that is packed already is refused.
    @discardableResult
    public static func pack(
        _ reader: any ByteReader, to sink: any ByteSink, level: Int, _ threads: ThreadPool, progress: (Int) -> Void = { _ in }
    ) throws -> Sizes {
        let (kind, whole) = try Kind.of(reader)
        guard kind != .packed else { throw Failure("'\(reader.name)' is packed already") }
        guard kind == .raw else { throw Failure("'\(reader.name)' is not a raw container") }
        return try copy(whole, to: PackedWriter(sink, level: level, pool: threads, source: reader.name), progress)
    }

    /// Unpacks a packed container; a raw one comes out as it is.
    @discardableResult
    public static func unpack(_ reader: any ByteReader, to sink: any ByteSink) throws -> Sizes {
        let (kind, whole) = try Kind.of(reader)
        guard kind == .raw || kind == .packed else { throw Failure("'\(reader.name)' is not a container") }
        return try copy(kind == .packed ? ZstandardReader(whole) : whole, to: sink) { _ in }
    }

    private static func copy(_ reader: any ByteReader, to sink: any ByteSink, _ progress: (Int) -> Void) throws -> Sizes {
        let copying = CopyingReader(reader, to: sink)
        let stream = try TernStream(copying)
        for (index, entry) in stream.entries.enumerated() {
            try stream.withBytes(index) { _ in progress(entry.byteCount) }
        }
        try stream.finish()
        try sink.close()
        return Sizes(content: copying.count, weights: stream.manifest.weightCount)
    }
}

extension Manifest {
    /// Numbers that the model's tensors stand for.
    public var weightCount: Int { tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }
}

/// A reader that writes everything that is read through it to a sink.
private final class CopyingReader: ByteReader {
    private let reader: any ByteReader
    private let sink: any ByteSink
    private(set) var count = 0

    var name: String { reader.name }

    init(_ reader: any ByteReader, to sink: any ByteSink) { (self.reader, self.sink) = (reader, sink) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let got = try reader.read(into: buffer)
        try sink.write(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
        count += got
        return got
    }
}
