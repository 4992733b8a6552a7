import Basis
import Tensors

/// A safetensors file whose tensors can be read in any order and by several threads.
public final class SafetensorsFile: TensorSource, @unchecked Sendable {
    private enum Storage { case mapped(MappedFile), file(Descriptor) }

    public let name: String
    public let header: SafetensorsHeader
    /// Bytes before the first tensor: length field and JSON.
    public let dataStart: Int
    private let storage: Storage
    public let isConcurrent = true

    public var entries: [TensorEntry] { header.entries }

    /// Over a file in memory.
    public init(_ file: MappedFile) throws {
        (name, storage) = (file.name, .mapped(file))
        (header, dataStart) = try naming(file.name) {
            try file.withBytes { bytes in
                let count = try SafetensorsHeader.textCount(bytes, total: bytes.count)
                let start = SafetensorsHeader.lengthSize + count
                let text = UnsafeRawBufferPointer(rebasing: bytes[SafetensorsHeader.lengthSize..<start])
                return (try SafetensorsHeader(parsing: text, dataCount: bytes.count - start), start)
            }
        }
    }

    /// Over an open file: its pages never count as this program's memory, however large it is.
    public init(_ file: Descriptor) throws {
        (name, storage) = (file.name, .file(file))
        (header, dataStart) = try naming(file.name) {
            let status = try file.status()
            guard status.kind == .regular else { throw Failure("not a regular file") }
            let length = try SafetensorsFile.bytes(of: file, at: 0, count: min(status.size, SafetensorsHeader.lengthSize))
            let count = try length.withUnsafeBytes { try SafetensorsHeader.textCount($0, total: status.size) }
            let text = try SafetensorsFile.bytes(of: file, at: SafetensorsHeader.lengthSize, count: count)
            let start = SafetensorsHeader.lengthSize + count
            let header = try text.withUnsafeBytes { try SafetensorsHeader(parsing: $0, dataCount: status.size - start) }
            return (header, start)
        }
        file.adviseSequential()
    }

    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try read(dataStart + header.offsets[index], into: buffer, count: entries[index].byteCount)
    }

    /// The header's bytes as they stand in the file, length field first.
    public func headerBytes() throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: dataStart)
        try bytes.withUnsafeMutableBytes { try read(0, into: $0, count: dataStart) }
        return bytes
    }

    /// Nil as well where the bytes do not lie at a multiple of their element's size.
    public func mapped(_ index: Int) -> UnsafeRawBufferPointer? {
        guard case .mapped(let file) = storage else { return nil }
        let start = dataStart + header.offsets[index]
        guard start % entries[index].element.size == 0 else { return nil }
        return UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + entries[index].byteCount])
    }

    private func read(_ offset: Int, into buffer: UnsafeMutableRawBufferPointer, count: Int) throws {
        guard buffer.count == count else { throw Failure("a buffer of \(buffer.count) bytes for \(count)") }
        switch storage {
        case .mapped(let file):
            file.withBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
        case .file(let file): try file.read(at: offset, into: buffer)
        }
    }

    private static func bytes(of file: Descriptor, at offset: Int, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        try bytes.withUnsafeMutableBytes { try file.read(at: offset, into: $0) }
        return bytes
    }
}
