import Basis
import Tensors

/// Containers from one form into the other, as streams: no more in memory than one tensor, and every digest compared on the way. The
/// target is closed only once everything has been found right. Packed and unpacked again, a container is the same to the byte.
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
        let stream = try TernStream(whole), packed = try PackedWriter(sink, level: level, pool: threads, source: reader.name)
        return try copy(stream, as: try stream.isAsWritten ? .fives : nil, to: packed, progress)
    }

    /// Unpacks a packed container; one that is raw and has no fives comes out as it is.
    @discardableResult
    public static func unpack(_ reader: any ByteReader, to sink: any ByteSink) throws -> Sizes {
        let (kind, whole) = try Kind.of(reader)
        guard kind == .raw || kind == .packed else { throw Failure("'\(reader.name)' is not a container") }
        let stream = try TernStream(whole)
        return try copy(stream, as: stream.manifest.has(.fives) ? .codes : nil, to: sink) { _ in }
    }

    /// Copies the content, its trits coded otherwise if that is given.
    private static func copy(
        _ stream: TernStream, as coding: TritCoding?, to sink: any ByteSink, _ progress: (Int) -> Void
    ) throws -> Sizes {
        let target: any ContentCopy = try coding.map { try Recoding(stream, $0, to: sink) } ?? PlainCopy(stream, to: sink)
        for (index, entry) in stream.layout.header.entries[stream.layout.tensors].enumerated() {
            try stream.withStored(index) { try target.write(index, $0) }
            progress(entry.byteCount)
        }
        try target.finish(stream.finish())
        try sink.close()
        return Sizes(content: stream.headerBytes.count + stream.layout.header.dataCount, weights: stream.manifest.weightCount)
    }
}

extension Manifest {
    /// Numbers that the model's tensors stand for.
    public var weightCount: Int { tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }
}

extension TernStream {
    /// Whether the container has two-bit codes that can become fives, and is to the byte what they become again: another program may have
    /// written the same header with other spaces.
    fileprivate var isAsWritten: Bool {
        get throws {
            guard manifest.has(.codes), !manifest.has(.fives) else { return false }
            return try TernWriter.header(manifest, files: files, inputRows: layout.inputRows.count).printed() == headerBytes
        }
    }
}

/// What a container's content is written as, while it is read.
private protocol ContentCopy {
    /// A stored tensor's bytes, in order.
    func write(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws
    /// All rows of the digests, which have been found right.
    func finish(_ rows: [Digest]) throws
}

private struct PlainCopy: ContentCopy {
    private let sink: any ByteSink

    init(_ stream: TernStream, to sink: any ByteSink) throws {
        self.sink = sink
        try sink.write(stream.headerBytes)
        for file in stream.files { try sink.write(file.bytes) }
    }

    func write(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws { try sink.write(bytes) }
    func finish(_ rows: [Digest]) throws { try sink.write(rows.flatMap(\.bytes)) }
}

/// The content with its trits coded otherwise, and with the header and the digests that go with it.
private struct Recoding: ContentCopy {
    private let layout: Layout
    private let writer: TernWriter
    private let coding: TritCoding
    private let scratch = RowBuffer()

    init(_ stream: TernStream, _ coding: TritCoding, to sink: any ByteSink) throws {
        (layout, self.coding) = (stream.layout, coding)
        let manifest = stream.manifest.coded(as: coding)
        writer = try TernWriter(assigned: manifest, files: stream.files, inputRows: layout.inputRows.count, to: sink)
    }

    func write(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
        guard let coded = layout.coded[index], coded.areFives != (coding == .fives) else { return try writer.write(bytes) }
        var cutter = RowCutter(rowBytes: coded.storedBytes, rows: 1)
        try cutter.cut(bytes) { lot in
            switch coding {
            case .fives: try coded.withFives(lot, in: scratch, writer.write)
            case .codes: try coded.withCodes(lot, in: scratch, writer.write)
            }
        }
    }

    /// The raw form's root goes with fives, and has to be that of the raw form when it is made of them.
    func finish(_ rows: [Digest]) throws {
        let inputs = Array(rows[layout.inputRows]), rawRoot = rows[layout.rawRootRow]
        guard coding == .codes else { return _ = try writer.finish(inputs: inputs, rawRoot: rawRoot) }
        guard try writer.finish(inputs: inputs) == rawRoot else { throw TernTensors.falseRawRoot }
    }
}
