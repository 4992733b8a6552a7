extension JSON {
    /// One line, no spaces: for JSON lines and for headers of files.
    public var compact: String { printed(indent: nil) }

    /// Indented by two spaces, for people; ends without a line feed.
    public var pretty: String { printed(indent: 0) }

    private func printed(indent: Int?) -> String {
        var bytes: [UInt8] = []
        write(to: &bytes, indent: indent)
        return String(decoding: bytes, as: UTF8.self)
    }

    func write(to bytes: inout [UInt8], indent: Int?) {
        switch self {
        case .null: bytes += "null".utf8
        case .bool(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        case .number(let value): bytes += (value.isFinite ? "\(value)" : "null").utf8
        case .string(let value): JSON.write(value, to: &bytes)
        case .array(let elements):
            JSON.write(elements, "[", "]", to: &bytes, indent: indent) { $0.write(to: &$1, indent: $2) }
        case .object(let object):
            JSON.write(object.members, "{", "}", to: &bytes, indent: indent) { member, bytes, indent in
                JSON.write(member.key, to: &bytes)
                bytes += (indent == nil ? ":" : ": ").utf8
                member.value.write(to: &bytes, indent: indent)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], _ open: String, _ close: String, to bytes: inout [UInt8], indent: Int?,
        _ body: (Element, inout [UInt8], Int?) -> Void
    ) {
        bytes += open.utf8
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            newline(indent.map { $0 + 2 }, to: &bytes)
            body(element, &bytes, indent.map { $0 + 2 })
        }
        if !elements.isEmpty { newline(indent, to: &bytes) }
        bytes += close.utf8
    }

    private static func newline(_ indent: Int?, to bytes: inout [UInt8]) {
        guard let indent else { return }
        bytes.append(0x0A)
        bytes += repeatElement(UInt8(ascii: " "), count: indent)
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += "\\n".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0x09: bytes += "\\t".utf8
            case 0..<0x20: bytes += "\\u00".utf8 + [hexDigit(byte >> 4), hexDigit(byte & 15)]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 87 + value }
}

extension JSON: CustomStringConvertible {
    public var description: String { compact }
}
