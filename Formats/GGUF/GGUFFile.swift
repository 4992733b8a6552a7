import Basis

/// One GGUF file: its metadata and where its tensors lie.
final class GGUFFile: Sendable {
    static let magic = Array("GGUF".utf8)

    let name: String
    /// Bytes of the whole file.
    var byteCount: Int { file.bytes.count }
    nonisolated(unsafe) let metadata: Metadata
    let tensors: [StoredTensor]
    private let dataStart: Int
    private let file: MappedFile

    init(_ path: String) throws {
        file = try MappedFile(path)
        name = path
        let header = try naming(path) { [file] in try GGUFHeader(file) }
        (metadata, tensors, dataStart) = (header.metadata, header.tensors, header.dataStart)
    }

    /// A tensor's bytes, without what fills them up; valid as long as this object lives.
    func bytes(of tensor: StoredTensor, count: Int) -> UnsafeRawBufferPointer {
        let start = dataStart + tensor.offset
        return UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + min(count, tensor.room)])
    }

    /// SHA-256 of the whole file.
    func digest() throws -> Digest {
        let (hash, reader) = (try SHA256(), file.reader())
        var piece = [UInt8](repeating: 0, count: 1 << 20)
        while case let count = try piece.withUnsafeMutableBytes({ try reader.read(into: $0) }), count > 0 {
            try piece.withUnsafeBytes { try hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        return try hash.finish()
    }
}
