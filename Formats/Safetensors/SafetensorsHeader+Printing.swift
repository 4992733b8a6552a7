import Basis
import Tensors

extension SafetensorsHeader {
    /// The header's bytes: length, JSON, and spaces so that the tensors begin at a multiple of eight.
    public func printed() throws -> [UInt8] {
        var text = Array(JSON.object(object).compact.utf8)
        text += repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        guard text.count <= SafetensorsHeader.limit else { throw Failure("the header takes \(text.count) bytes, more than \(Self.limit)") }
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
    }

    private var object: JSONObject {
        var object = JSONObject()
        if metadata.count > 0 { object[Self.metadataKey] = .object(metadata) }
        for (index, entry) in entries.enumerated() {
            object[entry.name] = [
                "dtype": .string(entry.element.rawValue),
                "shape": .array(entry.shape.map { .integer($0) }),
                "data_offsets": .array([.integer(offsets[index]), .integer(offsets[index + 1])]),
            ]
        }
        return object
    }
}
