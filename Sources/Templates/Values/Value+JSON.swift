import Basis

extension Value {
    /// A value of the input.
    init(_ json: JSON) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .int(value)
        case .number(let value): self = .float(value)
        case .string(let value): self = .text(Text(value, isInput: true))
        case .array(let items): self = .list(List(items.map { Value($0) }))
        case .object(let object):
            var dict = Dict()
            for member in object.members { _ = dict.set(.text(Text(member.key, isInput: true)), Value(member.value)) }
            self = .dict(dict)
        }
    }

    /// How `json.dumps` writes.
    struct JSONStyle {
        var indent: Text?
        var itemSeparator = Text(", ")
        var keySeparator = Text(": ")
        var escapesUnicode = false
        var sortsKeys = false
    }

    func json(_ style: JSONStyle, level: Int = 0) throws -> Text {
        switch self {
        case .none: return Text("null")
        case .bool(let value): return Text(value ? "true" : "false")
        case .int(let value): return Text(String(value))
        case .float(let value):
            if value.isNaN { return Text("NaN") }
            return Text(value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : Value.shown(value))
        case .text(let text): return Value.json(text, style)
        case .list(let list): return Value.enclosed("[", "]", try list.items.map { try $0.json(style, level: level + 1) }, style, level)
        case .dict(let dict): return Value.enclosed("{", "}", try Value.members(dict, style, level), style, level)
        default: throw Failure("a value of type \(typeName) cannot be written as JSON")
        }
    }

    private static func members(_ dict: Dict, _ style: JSONStyle, _ level: Int) throws -> [Text] {
        var pairs = Array(zip(dict.keys, dict.values))
        if style.sortsKeys {
            for (one, other) in zip(pairs, pairs.dropFirst()) where less(one.0, other.0) == nil { throw Failure("keys have no order") }
            pairs.sort { less($0.0, $1.0) ?? false }
        }
        return try pairs.map { key, value in
            let name: Text
            switch key {
            case .text(let text): name = json(text, style)
            case .none, .bool, .int, .float: name = Text("\"") + (try key.json(style)) + Text("\"")
            default: throw Failure("a key of type \(key.typeName) cannot be written as JSON")
            }
            return name + style.keySeparator + (try value.json(style, level: level + 1))
        }
    }

    private static func enclosed(_ start: String, _ end: String, _ parts: [Text], _ style: JSONStyle, _ level: Int) -> Text {
        var result = Text(start)
        guard !parts.isEmpty else { return result + Text(end) }
        for (index, part) in parts.enumerated() {
            if index > 0 { result += style.itemSeparator }
            if let indent = style.indent { result += lineStart(indent, level + 1) }
            result += part
        }
        if let indent = style.indent { result += lineStart(indent, level) }
        return result + Text(end)
    }

    private static func lineStart(_ indent: Text, _ level: Int) -> Text {
        var result = Text("\n")
        for _ in 0..<level { result += indent }
        return result
    }

    private static func json(_ text: Text, _ style: JSONStyle) -> Text {
        Text("\"") + text.mapping { escaped($0, unicode: style.escapesUnicode) } + Text("\"")
    }

    private static func escaped(_ scalar: Unicode.Scalar, unicode: Bool) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case "\u{8}": return "\\b"
        case "\u{C}": return "\\f"
        default:
            if scalar.value >= 0x20, scalar.value < 0x7F || !unicode { return String(scalar) }
            return UTF16.encode(scalar)?.map { "\\u" + hexadecimal(UInt32($0), 4) }.joined() ?? ""
        }
    }
}
