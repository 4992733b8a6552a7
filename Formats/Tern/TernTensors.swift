import Basis
import Safetensors
import Synchronization
import Tensors

/// The tensors of one container, each compared with its SHA-256 whenever it is read: what this gives is what was written. Trits come as
/// two-bit codes, whatever the container has them as.
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
        entries = layout.rawEntries
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

    static let falseRawRoot = Failure("the root of the raw form is not the one recorded")

    /// Thread-safe.
    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let stored = layout.tensors.lowerBound + index
        guard layout.coded[index]?.areFives == true else { return try naming(content.name) { try readStored(stored, into: buffer) } }
        try checkSize(of: entries[index], buffer)
        var filled = 0
        let failure = try passRows(index, multiplesOf: 1) { codes in
            UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: codes)
            filled += codes.count
        }
        guard let failure else { return }
        try naming(content.name) { try placing("tensor '\(entries[index].name)'") { throw failure } }
    }

    /// Thread-safe. Each lot is hashed, and fives are unpacked, while the caches hold it. Two-bit codes are left for `body` to check.
    public func readRows(_ index: Int, multiplesOf rows: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard layout.coded[index] != nil else { return try withBytes(index, body) }
        if let failure = try passRows(index, multiplesOf: rows, body) { throw failure }
    }

    /// Gives what is wrong with rows that are as they were written. Damage, which only the end tells, goes before that, and is thrown.
    private func passRows(
        _ index: Int, multiplesOf rows: Int, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> (any Error)? {
        guard let coded = layout.coded[index] else { return nil }
        let stored = layout.tensors.lowerBound + index, hash = try SHA256(), scratch = RowBuffer()
        var cutter = RowCutter(rowBytes: coded.storedBytes, rows: rows), failure: (any Error)?
        func take(_ lot: UnsafeRawBufferPointer) throws {
            try hash.update(lot)
            guard failure == nil else { return }
            do { try coded.withCodes(lot, in: scratch, body) } catch { failure = error }
        }
        try naming(content.name) {
            try content.stretches(place(of: stored)) { try cutter.add($0, take) }
            try cutter.finish(take)
            try expect(hash.finish(), stored)
        }
        return failure
    }

    /// Nil as well where the bytes are damaged (`read` says so) or not at a multiple of their element's size, and for fives.
    public func mapped(_ index: Int) -> UnsafeRawBufferPointer? {
        guard layout.coded[index]?.areFives != true else { return nil }
        let stored = layout.tensors.lowerBound + index
        let place = place(of: stored)
        guard place.lowerBound % entries[index].element.size == 0, let bytes = content.mapped(place) else { return nil }
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

    /// Reads a tensor as it is stored, by its place in the header.
    func readStored(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try checkSize(of: layout.header.entries[index], buffer)
        let hash = try SHA256()
        try content.read(Piece(offset: place(of: index).lowerBound, buffer: buffer)) { try hash.update($0) }
        try expect(hash.finish(), index)
        try layout.validate(index, UnsafeRawBufferPointer(buffer))
    }

    private func checkSize(of entry: TensorEntry, _ buffer: UnsafeMutableRawBufferPointer) throws {
        guard buffer.count == entry.byteCount else { throw Failure("a buffer of \(buffer.count) bytes for \(entry.byteCount)") }
    }

    /// Where a tensor lies in the content, by its place in the header.
    func place(of index: Int) -> Range<Int> { dataStart + layout.header.offsets[index]..<dataStart + layout.header.offsets[index + 1] }

    func check(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
        try expect(SHA256.digest(of: bytes), index)
        try layout.validate(index, bytes)
    }

    private func expect(_ digest: Digest, _ index: Int) throws {
        guard digest == digests[index + 1] else { throw TernTensors.damaged("tensor '\(layout.header.entries[index].name)'") }
    }
}

extension Layout {
    /// Fails where a stored tensor's bytes cannot be, although they are those that were written.
    func validate(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
        guard tensors.contains(index), let coded = coded[index - tensors.lowerBound] else { return }
        try placing("tensor '\(header.entries[index].name)'") { try coded.validate(bytes) }
    }
}
