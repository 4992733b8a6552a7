import Basis
import Safetensors
import Synchronization
import Tensors

/// One safetensors file of a model, hashed in passing while it is read in order.
public final class Shard: TensorSource {
    /// The file's name within its folder.
    public let name: String
    /// Bytes of the whole file.
    public let byteCount: Int
    private let file: SafetensorsFile
    private let hash: SHA256
    /// The tensor whose bytes the hash waits for; nil while nothing is to be hashed. Its lock is the hash's as well.
    private let awaited = Mutex<Int?>(nil)

    init(_ path: String, name: String) throws {
        self.name = name
        file = try SafetensorsFile(Descriptor(reading: path))
        hash = try SHA256()
        byteCount = file.dataStart + file.header.dataCount
    }

    public var entries: [TensorEntry] { file.entries }

    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try file.read(index, into: buffer)
        try awaited.withLock {
            guard $0 == index else { return }
            try hash.update(UnsafeRawBufferPointer(buffer))
            $0 = index + 1
        }
    }

    /// From here on, reading every tensor in order from one thread yields `digest` without reading anything twice.
    public func startHashing() throws {
        let header = try file.headerBytes()
        try awaited.withLock {
            _ = try hash.finish()
            try header.withUnsafeBytes { try hash.update($0) }
            $0 = 0
        }
    }

    /// SHA-256 of the whole file; nil unless every tensor has been read in order since `startHashing`.
    public func digest() throws -> Digest? {
        try awaited.withLock {
            guard $0 == entries.count else { return nil }
            $0 = nil
            return try hash.finish()
        }
    }
}
