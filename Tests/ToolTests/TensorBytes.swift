import Basis
import Safetensors
import Support
import Tensors

/// A tensor as a safetensors file holds it, whatever that may be.
struct TensorBytes: Equatable {
    var name: String
    var element: String
    var shape: [Int]
    var bytes: [UInt8]

    var integers: [Int32] {
        bytes.withUnsafeBytes { bytes in (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) } }
    }

    var floats: [Float] {
        bytes.withUnsafeBytes { bytes in (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) } }
    }
}

func tensors(in path: String) throws -> [TensorBytes] {
    let file = try SafetensorsFile(MappedFile(path))
    return try file.entries.enumerated().map { index, entry in
        TensorBytes(name: entry.name, element: entry.element.rawValue, shape: entry.shape, bytes: try file.withBytes(index) { Array($0) })
    }
}

/// A safetensors file with this header and these bytes after it, however wrong.
func safetensors(header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { Array($0) } + Array(header.utf8) + data
}

/// A safetensors file of these tensors.
func safetensors(_ tensors: [TensorBytes], metadata: String? = nil) -> [UInt8] {
    var members: [String] = metadata.map { ["\"__metadata__\":\($0)"] } ?? [], at = 0
    for tensor in tensors {
        let shape = tensor.shape.map(String.init).joined(separator: ",")
        let end = at + tensor.bytes.count
        members.append(#""\#(tensor.name)":{"dtype":"\#(tensor.element)","shape":[\#(shape)],"data_offsets":[\#(at),\#(end)]}"#)
        at = end
    }
    return safetensors(header: "{\(members.joined(separator: ","))}", tensors.flatMap(\.bytes))
}

func bytes(of path: String) throws -> [UInt8] { try MappedFile.contents(path, limit: 1 << 30) }
