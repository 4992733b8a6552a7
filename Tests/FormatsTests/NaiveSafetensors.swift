import Basis

/// A safetensors reader laid out like the format's page: the oracle of the fast ones. It reads well-formed files only.
struct NaiveSafetensors {
    struct Tensor: Equatable {
        let name: String
        let dtype: String
        let shape: [Int]
        let bytes: [UInt8]
    }

    let metadata: [String: String]
    /// In the order of the header.
    let tensors: [Tensor]

    init?(_ file: [UInt8]) throws {
        // 8 bytes: N, an unsigned little-endian 64-bit integer.
        var count = 0
        for byte in file.prefix(8).reversed() { count = count << 8 | Int(byte) }
        // N bytes: a JSON object.
        guard let header = try JSON(parsing: Array(file[8..<8 + count])).objectValue else { return nil }
        // The rest: the tensors' bytes.
        let data = file[(8 + count)...]
        var metadata: [String: String] = [:]
        var tensors: [Tensor] = []
        for member in header.members {
            if member.key == "__metadata__" {
                for pair in member.value.objectValue?.members ?? [] { metadata[pair.key] = pair.value.stringValue }
                continue
            }
            guard let begin = member.value["data_offsets"]?.arrayValue?[0].intValue,
                let end = member.value["data_offsets"]?.arrayValue?[1].intValue,
                let dtype = member.value["dtype"]?.stringValue,
                let shape = member.value["shape"]?.arrayValue?.compactMap(\.intValue)
            else { return nil }
            let bytes = Array(data[(data.startIndex + begin)..<(data.startIndex + end)])
            tensors.append(Tensor(name: member.key, dtype: dtype, shape: shape, bytes: bytes))
        }
        (self.metadata, self.tensors) = (metadata, tensors)
    }
}
