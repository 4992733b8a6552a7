import Basis
import Safetensors
import Synchronization
import Tensors

/// The tensors of one container, each compared with its SHA-256 whenever it is read: what this gives is what was written.
public final class TernTensors: TensorSource {
    public let entries: [TensorEntry]
    public let isConcurrent = true
    let content: any Content
    let layout: Layout
    /// Bytes of the content before the first tensor.
    let dataStart: Int
    let digests: [Digest]
    /// By stored tensor: whether its mapped bytes have been found to be right.
    private let trusted: Mutex<[Bool]>

    /// Checks the header and the digests against themselves.
    init(_ content: any Content) throws {
        self.content = content
        let length = try content.bytes(0, count: min(content.count, SafetensorsHeader.lengthSize))
        let count = try length.withUnsafeBytes { try SafetensorsHeader.textCount($0, total: content.count) }
        dataStart = SafetensorsHeader.lengthSize + count
        let text = try content.bytes(SafetensorsHeader.lengthSize, count: count)
        let dataCount = content.count - dataStart
        let layout = try Layout(text.withUnsafeBytes { try SafetensorsHeader(parsing: $0, dataCount: dataCount) })
        self.layout = layout
        entries = Array(layout.header.entries[layout.tensors])
        digests = try TernTensors.digests(layout, TernTensors.digestBytes(content, layout, dataStart))
        guard try SHA256.digest(of: length + text) == digests[0] else { throw TernTensors.damaged("the header") }
        trusted = Mutex([Bool](repeating: false, count: layout.header.entries.count))
    }

    /// The rows of the digests' tensor, the last of which is the digest of the others.
    static func digests(_ layout: Layout, _ bytes: [UInt8]) throws -> [Digest] {
        let rows = stride(from: 0, to: bytes.count, by: Digest.size).compactMap { Digest(bytes[$0..<$0 + Digest.size]) }
        let others = Array(bytes.dropLast(Digest.size))
        guard try SHA256.digest(of: others) == rows.last else { throw damaged("tensor '\(Layout.digestsName)'") }
        return rows
    }

    private static func digestBytes(_ content: any Content, _ layout: Layout, _ dataStart: Int) throws -> [UInt8] {
        let start = dataStart + layout.header.offsets[layout.digests]
        do {
            return try content.bytes(start, count: layout.header.entries[layout.digests].byteCount)
        } catch let failure as Failure { throw Failure("tensor '\(Layout.digestsName)': \(failure)") }
    }

    static func damaged(_ what: String) -> Failure { Failure("\(what) is damaged: its SHA-256 is not the one recorded") }

    /// Thread-safe.
    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try naming(content.name) { try readStored(layout.tensors.lowerBound + index, into: buffer) }
    }

    /// Nil as well where the bytes are damaged (`read` says so) or not at a multiple of their element's size.
    public func mapped(_ index: Int) -> UnsafeRawBufferPointer? {
        let stored = layout.tensors.lowerBound + index
        let start = dataStart + layout.header.offsets[stored]
        guard start % entries[index].element.size == 0, let bytes = content.mapped(start..<start + entries[index].byteCount) else {
            return nil
        }
        if trusted.withLock({ $0[stored] }) { return bytes }
        guard (try? check(stored, bytes)) != nil else { return nil }
        trusted.withLock { $0[stored] = true }
        return bytes
    }

    func files() throws -> [SmallFile] {
        try layout.files.map { index in
            let entry = layout.header.entries[index]
            var bytes = [UInt8](repeating: 0, count: entry.byteCount)
            try bytes.withUnsafeMutableBytes { try readStored(index, into: $0) }
            return SmallFile(name: String(entry.name.dropFirst(Layout.filePrefix.count)), bytes: bytes)
        }
    }

    /// Reads a tensor by its place in the header.
    func readStored(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try content.read(piece(index, buffer))
        try check(index, UnsafeRawBufferPointer(buffer))
    }

    private func piece(_ index: Int, _ buffer: UnsafeMutableRawBufferPointer) throws -> Piece {
        let entry = layout.header.entries[index]
        guard buffer.count == entry.byteCount else { throw Failure("a buffer of \(buffer.count) bytes for \(entry.byteCount)") }
        return Piece(offset: dataStart + layout.header.offsets[index], buffer: buffer)
    }

    func check(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
        let name = layout.header.entries[index].name
        guard try SHA256.digest(of: bytes) == digests[index + 1] else { throw TernTensors.damaged("tensor '\(name)'") }
        if let problem = layout.problem(index, bytes) { throw Failure("tensor '\(name)': \(problem)") }
    }
}

extension Layout {
    /// What is wrong with a stored tensor's bytes although they are those that were written.
    func problem(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> String? {
        guard tensors.contains(index), let columns = columns[index - tensors.lowerBound] else { return nil }
        return tritsProblem(bytes, columns: columns)
    }
}
