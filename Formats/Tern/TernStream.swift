import Basis
import Safetensors
import Tensors

/// A container that comes through a pipe, raw or packed, with no more in memory than the tensor that is being read.
///
/// Its digests come last, so what is read is known to be right only after `finish`. Trits come as two-bit codes, whatever the container has
/// them as.
public final class TernStream: TensorSource {
    public let manifest: Manifest
    public let files: [SmallFile]
    public let entries: [TensorEntry]
    let layout: Layout
    private let stream: SafetensorsStream
    /// SHA-256 of the header and of each tensor so far.
    private var rows: [Digest]

    public init(_ reader: any ByteReader) throws {
        let (kind, whole) = try Kind.of(reader)
        guard kind == .raw || kind == .packed else { throw Failure("'\(reader.name)' is not a tern container") }
        let stream = try SafetensorsStream(kind == .packed ? ZstandardReader(whole) : whole)
        let layout = try naming(reader.name) { try Layout(stream.header) }
        (self.stream, self.layout, manifest) = (stream, layout, layout.manifest)
        entries = layout.rawEntries
        var rows = [try SHA256.digest(of: stream.headerBytes)]
        files = try layout.files.map { index in
            let entry = layout.header.entries[index]
            let bytes = try stream.bytes(index)
            rows.append(try SHA256.digest(of: bytes))
            return SmallFile(name: String(entry.name.dropFirst(Layout.filePrefix.count)), bytes: bytes)
        }
        self.rows = rows
    }

    /// The header as it came, length field first.
    var headerBytes: [UInt8] { stream.headerBytes }

    /// Every tensor has to be read, in order.
    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard let coded = layout.coded[index], coded.areFives else { return try readStored(index, into: buffer) }
        guard buffer.count == entries[index].byteCount else {
            throw Failure("a buffer of \(buffer.count) bytes for \(entries[index].byteCount)")
        }
        var filled = 0
        let scratch = RowBuffer()
        var cutter = RowCutter(rowBytes: coded.storedBytes, rows: 1)
        try withStored(index) { stored in
            try cutter.cut(stored) { lot in
                try coded.withCodes(lot, in: scratch) { codes in
                    UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: codes)
                    filled += codes.count
                }
            }
        }
    }

    /// Calls `body` with the next tensor as it is stored.
    func withStored<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let memory = try Memory(count: layout.header.entries[layout.tensors.lowerBound + index].byteCount)
        return try withExtendedLifetime(memory) {
            try readStored(index, into: memory.bytes)
            return try body(UnsafeRawBufferPointer(memory.bytes))
        }
    }

    private func readStored(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let stored = layout.tensors.lowerBound + index
        guard stored == rows.count - 1 else { throw Failure("'\(stream.name)': tensor '\(entries[index].name)' is not the next one") }
        try stream.read(stored, into: buffer)
        let bytes = UnsafeRawBufferPointer(buffer)
        try naming(stream.name) { try layout.validate(stored, bytes) }
        rows.append(try SHA256.digest(of: bytes))
    }

    /// Reads the digests and compares them with what went by; gives all rows, the root last.
    @discardableResult
    public func finish() throws -> [Digest] {
        guard rows.count == layout.digests + 1 else { throw Failure("'\(stream.name)': not every tensor has been read") }
        let bytes = try stream.bytes(layout.digests)
        try stream.finish()
        return try naming(stream.name) {
            let recorded = try TernTensors.digests(layout, bytes)
            for (row, digest) in rows.enumerated() where digest != recorded[row] {
                throw TernTensors.damaged(row == 0 ? "the header" : "tensor '\(layout.header.entries[row - 1].name)'")
            }
            return recorded
        }
    }
}

extension SafetensorsStream {
    /// A tensor whose size the layout has limited.
    fileprivate func bytes(_ index: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: entries[index].byteCount)
        try bytes.withUnsafeMutableBytes { try read(index, into: $0) }
        return bytes
    }
}
