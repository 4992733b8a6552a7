import Basis

/// Jinja's filters.
extension Interpreter {
    func filter(_ name: String, _ value: Value, _ given: Given) throws -> Value {
        if let result = try filterText(name, value, given) { return result }
        if let result = try filterItems(name, value, given) { return result }
        switch name {
        case "default", "d":
            let isMissing = value.isUndefined || given.isTrue(1, "boolean") && !value.isTrue
            return isMissing ? given.value(0, "default_value") ?? .text("") : value
        case "length", "count": return .int(try length(value))
        case "tojson": return .text(try json(value, given))
        case "string": return .text(try print(value))
        case "safe": return value
        case "int", "float", "abs", "round": return try filterNumber(name, value, given)
        case "attr":
            guard let name = given.text(0, "name") else { throw failure("'attr' takes a name") }
            return try attribute(name.string, of: value)
        default: throw failure("there is no filter '\(name)'")
        }
    }

    private func length(_ value: Value) throws -> Int {
        switch value {
        case .undefined: return 0
        case .text(let text): return text.count
        case .list(let list): return list.items.count
        case .dict(let dict): return dict.count
        case .loop(let loop): return loop.items.count
        default: throw failure("a value of type \(value.typeName) has no length")
        }
    }

    private func json(_ value: Value, _ given: Given) throws -> Text {
        var style = Value.JSONStyle(escapesUnicode: given.isTrue(0, "ensure_ascii"), sortsKeys: given.isTrue(3, "sort_keys"))
        switch given.value(1, "indent") {
        case .int(let count)?:
            guard count <= 64 else { throw failure("'indent' is too large") }
            style.indent = Text(String(repeating: " ", count: max(0, count)))
        case .text(let indent)? where indent.count <= 64: style.indent = indent
        case nil, .some(.none): break
        default: throw failure("'indent' is no number")
        }
        if style.indent != nil { style.itemSeparator = Text(",") }
        if case .list(let separators)? = given.value(2, "separators"), separators.items.count == 2 {
            (style.itemSeparator, style.keySeparator) = (try print(separators.items[0]), try print(separators.items[1]))
        }
        // Each value may begin a line of its own, as deep as it lies.
        let line = (style.indent?.count ?? 0) * value.depth + style.itemSeparator.count + style.keySeparator.count
        try spend(value.weight.multipliedReportingOverflow(by: 1 + line).partialValue & Int.max)
        return try placing("line \(self.line)") { try value.json(style) }
    }

    private func filterText(_ name: String, _ value: Value, _ given: Given) throws -> Value? {
        let names = ["trim", "upper", "lower", "capitalize", "title", "replace", "indent", "escape", "e", "forceescape"]
        guard names.contains(name) else { return nil }
        let text = try print(value)
        switch name {
        case "trim": return .text(try stripped(text, given.value(0, "chars")))
        case "replace": return .text(try replaced(text, given.value(0, "old"), given.value(1, "new"), given.value(2, "count")))
        case "indent": return .text(try indented(text, given))
        case "title": return .text(Self.titled(text) { !Text.isSpace($0.value) && !"-([{<".unicodeScalars.contains($0) })
        case "upper", "lower", "capitalize": return Self.cased(name, text)
        default:
            return .text(text.mapping { scalar in
                ["&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", "\"": "&#34;"][scalar] ?? String(scalar)
            })
        }
    }

    private func indented(_ text: Text, _ given: Given) throws -> Text {
        var indent = given.text(0, "width") ?? Text()
        if let width = given.integer(0, "width") ?? (given.value(0, "width") == nil ? 4 : nil) {
            guard width <= 1000 else { throw failure("'indent' is too large") }
            indent = Text(String(repeating: " ", count: max(0, width)))
        }
        let (first, blank) = (given.isTrue(1, "first"), given.isTrue(2, "blank"))
        // A line feed is added, so that a last empty line counts.
        let lines = lines(text + Text("\n"))
        try spend(lines.count.multipliedReportingOverflow(by: indent.count + 1).partialValue)
        var result = Text()
        for (index, line) in lines.enumerated() {
            if index > 0 { result += Text("\n") }
            if index > 0 ? blank || !line.isEmpty : first { result += indent }
            result += line
        }
        return result
    }

    private func filterNumber(_ name: String, _ value: Value, _ given: Given) throws -> Value {
        switch name {
        case "abs":
            guard let number = value.number else { throw failure("a value of type \(value.typeName) is no number") }
            guard let whole = value.integer else { return .float(abs(number)) }
            return whole < 0 ? try binary(.subtract, .int(0), .int(whole)) : .int(whole)
        case "round": return .float(try rounded(value, given))
        case "float": return Self.float(value).map { .float($0) } ?? given.value(0, "default") ?? .float(0)
        default: return Self.whole(value).map { .int($0) } ?? given.value(0, "default") ?? .int(0)
        }
    }

    private static func float(_ value: Value) -> Double? {
        guard case .text(let text) = value else { return value.number }
        return Double(text.stripped(Text.isSpace).string)
    }

    private static func whole(_ value: Value) -> Int? {
        if let whole = value.integer { return whole }
        if case .text(let text) = value, let whole = Int(text.stripped(Text.isSpace).string) { return whole }
        return float(value).flatMap { Int(exactly: $0.rounded(.towardZero)) }
    }

    private func rounded(_ value: Value, _ given: Given) throws -> Double {
        guard let number = value.number else { throw failure("a value of type \(value.typeName) is no number") }
        let precision = given.integer(0, "precision") ?? 0, method = given.text(1, "method")?.string ?? "common"
        guard (0...12).contains(precision) else { throw failure("'round' takes a precision of 0 to 12") }
        let factor = (0..<precision).reduce(1.0) { power, _ in power * 10 }
        switch method {
        case "ceil": return (number * factor).rounded(.up) / factor
        case "floor": return (number * factor).rounded(.down) / factor
        default: return (number * factor).rounded(.toNearestOrEven) / factor
        }
    }
}

// Filters of lists.
extension Interpreter {
    private static let itemFilters: Set<String> = [
        "join", "list", "first", "last", "items", "dictsort", "map", "select", "reject", "selectattr", "rejectattr", "sort", "unique",
        "reverse", "sum", "min", "max", "batch",
    ]

    private func filterItems(_ name: String, _ value: Value, _ given: Given) throws -> Value? {
        guard Self.itemFilters.contains(name) else { return nil }
        switch name {
        case "items", "dictsort": return try pairs(name, value, given)
        case "reverse" where value.isText: return .text(Text(units: try print(value).units.reversed()))
        default: break
        }
        // These take what is false for an empty list.
        let isLenient = ["map", "select", "reject", "selectattr", "rejectattr"].contains(name) && !value.isTrue
        let items = isLenient ? [] : try items(of: value)
        switch name {
        case "join":
            let parts = try attributes(items, given.value(1, "attribute"))
            return .text(try join(parts, with: print(given.value(0, "d") ?? .text(""))))
        case "list": return try list(items)
        case "first": return items.first ?? .undefined("first")
        case "last": return items.last ?? .undefined("last")
        case "reverse": return try list(items.reversed())
        case "map": return try list(try mapped(items, given))
        case "select", "reject": return try list(try selected(items, given, keeps: name == "select", byAttribute: false))
        case "selectattr", "rejectattr": return try list(try selected(items, given, keeps: name == "selectattr", byAttribute: true))
        case "sort": return try list(try sorted(items, given))
        case "unique": return try list(try unique(items))
        case "min", "max": return try extreme(items, takesLess: name == "min")
        case "sum":
            let parts = try attributes(items, given.value(0, "attribute"))
            return try parts.reduce(given.value(1, "start") ?? .int(0)) { try binary(.add, $0, $1) }
        default: return try batched(items, given)
        }
    }

    private func pairs(_ name: String, _ value: Value, _ given: Given) throws -> Value {
        if value.isUndefined { return try list([]) }
        guard case .dict(let dict) = value else { throw failure("'\(name)' takes an object, not a value of type \(value.typeName)") }
        guard name == "dictsort" else { return try list(dict.items) }
        let options: [(String, Value)] = [("attribute", .int(0)), ("reverse", given.value(2, "reverse") ?? .bool(false))]
        return try list(try sorted(dict.items, Given(named: options)))
    }

    /// `a.b.0` of a value.
    private func attribute(path: Value, of value: Value) throws -> Value {
        if case .text(let path) = path {
            return try path.split(at: Text(".")).reduce(value) { value, part in
                try item(Int(part.string).map { .int($0) } ?? .text(part), of: value)
            }
        }
        return try item(path, of: value)
    }

    private func attributes(_ items: [Value], _ path: Value?) throws -> [Value] {
        guard let path, !path.isNone else { return items }
        return try items.map { try attribute(path: path, of: $0) }
    }

    private func mapped(_ items: [Value], _ given: Given) throws -> [Value] {
        if let path = given.named.first(where: { $0.name == "attribute" })?.value {
            let fallback = given.named.first { $0.name == "default" }?.value
            return try items.map { item in
                let found = try attribute(path: path, of: item)
                return found.isUndefined ? fallback ?? found : found
            }
        }
        guard case .text(let name)? = given.positional.first else { throw failure("'map' takes a filter or an attribute") }
        let rest = Given(positional: Array(given.positional.dropFirst()), named: given.named)
        return try items.map { item in
            try spend()
            return try nested { try filter(name.string, item, rest) }
        }
    }

    private func selected(_ items: [Value], _ given: Given, keeps: Bool, byAttribute: Bool) throws -> [Value] {
        var arguments = given.positional[...]
        let path = byAttribute ? arguments.popFirst() : nil
        guard !byAttribute || path != nil else { throw failure("it takes an attribute") }
        let name = arguments.popFirst()
        let rest = Given(positional: Array(arguments), named: given.named)
        return try items.filter { item in
            try spend()
            let value = try path.map { try attribute(path: $0, of: item) } ?? item
            guard let name else { return value.isTrue == keeps }
            return try test(print(name).string, value, rest) == keeps
        }
    }

    /// Stable, and strings without regard to case unless `case_sensitive`.
    private func sorted(_ items: [Value], _ given: Given) throws -> [Value] {
        let isSensitive = given.isTrue(1, "case_sensitive"), path = given.value(2, "attribute")
        let isReversed = given.isTrue(0, "reverse")
        let keys = try attributes(items, path).map { key -> Value in
            guard !isSensitive, case .text(let text) = key else { return key }
            return Self.cased("lower", text) ?? key
        }
        for key in keys { try spend(key.weight.multipliedReportingOverflow(by: 32).partialValue & Int.max) }
        for (one, other) in zip(keys, keys.dropFirst()) { _ = try less(one, other) }
        // Equal ones stay in order, in reverse too.
        let order = keys.indices.sorted { one, other in
            let (left, right) = isReversed ? (keys[other], keys[one]) : (keys[one], keys[other])
            if Value.less(left, right) ?? false { return true }
            return Value.less(right, left) ?? false ? false : one < other
        }
        return order.map { items[$0] }
    }

    private func unique(_ items: [Value]) throws -> [Value] {
        var (seen, result) = (Set<Dict.Key>(), [Value]())
        for item in items {
            try spend(item.weight)
            var key = item
            if case .text(let text) = item { key = Self.cased("lower", text) ?? item }
            guard let place = Dict.Key(key) else { throw failure("a value of type \(item.typeName) is no key") }
            if seen.insert(place).inserted { result.append(item) }
        }
        return result
    }

    private func extreme(_ items: [Value], takesLess: Bool) throws -> Value {
        guard var best = items.first else { return .undefined("value") }
        for item in items.dropFirst() where try takesLess ? less(item, best) : less(best, item) { best = item }
        return best
    }

    private func batched(_ items: [Value], _ given: Given) throws -> Value {
        guard let size = given.integer(0, "linecount"), size > 0 else { throw failure("'batch' takes a number above 0") }
        return try list(stride(from: 0, to: items.count, by: size).map { start in
            var part = Array(items[start..<min(items.count, start + size)])
            if let filler = given.value(1, "fill_with"), !filler.isNone, size <= 1000 {
                part += Array(repeating: filler, count: size - part.count)
            }
            return try list(part)
        })
    }
}
