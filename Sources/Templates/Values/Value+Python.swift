/// What Python says of values: truth, equality, order, and how they are printed.
extension Value {
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .float(let value): value != 0
        case .text(let text): !text.isEmpty
        case .list(let list): !list.items.isEmpty
        case .dict(let dict): dict.count > 0
        case .namespace, .macro, .function, .loop: true
        }
    }

    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .float: "float"
        case .text: "str"
        case .list(let list): list.isTuple ? "tuple" : "list"
        case .dict: "dict"
        case .namespace: "Namespace"
        case .macro: "Macro"
        case .function: "function"
        case .loop: "LoopContext"
        }
    }

    /// The number, where truth values are 0 and 1.
    var number: Double? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int(let value): Double(value)
        case .float(let value): value
        default: nil
        }
    }

    /// The whole number, where truth values are 0 and 1.
    var integer: Int? {
        switch self {
        case .bool(let value): value ? 1 : 0
        case .int(let value): value
        default: nil
        }
    }

    static func equal(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.text(let left), .text(let right)): return left == right
        case (.list(let left), .list(let right)):
            return left.isTuple == right.isTuple && left.items.count == right.items.count
                && zip(left.items, right.items).allSatisfy { equal($0, $1) }
        case (.dict(let left), .dict(let right)):
            return left.count == right.count
                && zip(left.keys, left.values).allSatisfy { key, value in right.value(key).map { equal(value, $0) } ?? false }
        case (.namespace(let left), .namespace(let right)): return left === right
        case (.macro(let left), .macro(let right)): return left === right
        default:
            if let left = left.integer, let right = right.integer { return left == right }
            guard let left = left.number, let right = right.number else { return false }
            return left == right
        }
    }

    /// Whether `left` comes before `right`; nil where they have no order.
    static func less(_ left: Value, _ right: Value) -> Bool? {
        switch (left, right) {
        case (.text(let left), .text(let right)): return left < right
        case (.list(let left), .list(let right)) where left.isTuple == right.isTuple:
            for (one, other) in zip(left.items, right.items) where !equal(one, other) { return less(one, other) }
            return left.items.count < right.items.count
        default:
            if let left = left.integer, let right = right.integer { return left < right }
            guard let left = left.number, let right = right.number else { return nil }
            return left < right
        }
    }

    /// `str` of Python.
    var printed: Text {
        switch self {
        case .undefined: Text()
        case .text(let text): text
        default: shown
        }
    }

    /// `repr` of Python.
    var shown: Text {
        switch self {
        case .undefined: Text("Undefined")
        case .none: Text("None")
        case .bool(let value): Text(value ? "True" : "False")
        case .int(let value): Text(String(value))
        case .float(let value): Text(Value.shown(value))
        case .text(let text): Value.quoted(text)
        case .list(let list): Value.shown(list)
        case .dict(let dict):
            Value.joined(zip(dict.keys, dict.values).map { $0.shown + Text(": ") + $1.shown }, "{", "}")
        case .namespace: Text("<Namespace>")
        case .macro(let macro): Text("<Macro '\(macro.name)'>")
        case .function(let function): Text("<function \(function.name)>")
        case .loop(let loop): Text("<LoopContext \(loop.index + 1)/\(loop.items.count)>")
        }
    }

    private static func shown(_ list: List) -> Text {
        guard list.isTuple else { return joined(list.items.map(\.shown), "[", "]") }
        return joined(list.items.map(\.shown), "(", list.items.count == 1 ? ",)" : ")")
    }

    private static func joined(_ parts: [Text], _ start: String, _ end: String) -> Text {
        var result = Text(start)
        for (index, part) in parts.enumerated() {
            if index > 0 { result += Text(", ") }
            result += part
        }
        return result + Text(end)
    }

    static func shown(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        // Swift writes numbers up to 2^54 without an exponent, Python those below 10^16.
        guard abs(value) >= 1e16, value == value.rounded(), !"\(value)".contains("e") else { return "\(value)" }
        return scientific("\(abs(value))", isNegative: value < 0)
    }

    /// `12345678901234568.0` with an exponent.
    private static func scientific(_ text: String, isNegative: Bool) -> String {
        let digits = text.prefix { $0 != "." }
        let exponent = digits.count - 1
        var mantissa = String(digits.prefix(1)), rest = String(digits.dropFirst())
        while rest.hasSuffix("0") { rest.removeLast() }
        if !rest.isEmpty { mantissa += "." + rest }
        return (isNegative ? "-" : "") + mantissa + "e+" + String(exponent)
    }

    private static func quoted(_ text: Text) -> Text {
        let hasSingle = (0..<text.count).contains { text[$0] == 0x27 }, hasDouble = (0..<text.count).contains { text[$0] == 0x22 }
        let quote: Unicode.Scalar = hasSingle && !hasDouble ? "\"" : "'"
        let inner = text.mapping { escaped($0, quote) }
        return Text(String(quote)) + inner + Text(String(quote))
    }

    private static func escaped(_ scalar: Unicode.Scalar, _ quote: Unicode.Scalar) -> String {
        switch scalar {
        case quote, "\\": return "\\" + String(scalar)
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        case " ": return " "
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
            let (mark, width) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
            return "\\" + mark + hexadecimal(scalar.value, width)
        default: return String(scalar)
        }
    }

    static func hexadecimal(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
