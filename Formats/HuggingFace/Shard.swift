import Basis
import Safetensors
import Tensors

/// One safetensors file of a model, hashed in passing while it is read in order.
public final class Shard: TensorSource {
    /// The file's name within its folder.
    public let name: String
    /// Bytes of the whole file.
    public let byteCount: Int
    private let file: SafetensorsFile
    private var hashing: Hashing?

    private struct Hashing {
        let hash: SHA256
        var next = 0
    }

    init(_ path: String, name: String) throws {
        self.name = name
        file = try SafetensorsFile(Descriptor(reading: path))
        byteCount = file.dataStart + file.header.dataCount
    }

    public var entries: [TensorEntry] { file.entries }

    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try file.read(index, into: buffer)
        guard hashing?.next == index else { return }
        try hashing?.hash.update(UnsafeRawBufferPointer(buffer))
        hashing?.next = index + 1
    }

    /// From here on, reading every tensor in order from one thread yields `digest` without reading anything twice.
    public func startHashing() throws {
        let hash = try SHA256()
        try file.headerBytes().withUnsafeBytes { try hash.update($0) }
        hashing = Hashing(hash: hash)
    }

    /// SHA-256 of the whole file; nil unless every tensor has been read in order since `startHashing`.
    public func digest() throws -> Digest? {
        guard let hashing, hashing.next == entries.count else { return nil }
        defer { self.hashing = nil }
        return try hashing.hash.finish()
    }
}
