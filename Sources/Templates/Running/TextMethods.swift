import Basis

/// The methods of Python's strings.
extension Interpreter {
    func call(_ name: String, of text: Text, _ given: Given) throws -> Value {
        try spend(text.count)
        switch name {
        case "strip", "lstrip", "rstrip":
            return .text(try stripped(text, given.value(0, "chars"), left: name != "rstrip", right: name != "lstrip"))
        case "split", "rsplit": return try split(text, given, fromRight: name == "rsplit")
        case "splitlines": return try list(lines(text, keepsEnds: given.isTrue(0, "keepends")).map { .text($0) })
        case "startswith", "endswith":
            let parts = try affixes(name, given)
            return .bool(parts.contains { name == "startswith" ? text.hasPrefix($0) : text.hasSuffix($0) })
        case "removeprefix", "removesuffix":
            let part = try affixes(name, given)[0]
            if name == "removeprefix" { return .text(text.hasPrefix(part) ? text[part.count..<text.count] : text) }
            return .text(!part.isEmpty && text.hasSuffix(part) ? text[0..<text.count - part.count] : text)
        case "replace": return .text(try replaced(text, given.value(0, "old"), given.value(1, "new"), given.value(2, "count")))
        case "find", "index", "rfind", "count": return try searched(name, text, given)
        case "join": return .text(try join(items(of: given.value(0, "iterable") ?? .none), with: text, onlyText: true))
        case "format": throw failure("'format' is not supported")
        case "zfill": return .text(try filled(text, given.integer(0, "width") ?? 0))
        default: return Self.cased(name, text) ?? .bool(Self.asks(name, text))
        }
    }

    static func cased(_ name: String, _ text: Text) -> Value? {
        switch name {
        case "upper": .text(text.mapping { $0.properties.uppercaseMapping })
        case "lower": .text(text.mapping { $0.properties.lowercaseMapping })
        case "capitalize":
            .text(text[0..<min(1, text.count)].mapping { $0.properties.titlecaseMapping }
                + text[min(1, text.count)..<text.count].mapping { $0.properties.lowercaseMapping })
        case "title": .text(titled(text) { $0.properties.isCased })
        default: nil
        }
    }

    /// Each run of letters begins with a large one.
    static func titled(_ text: Text, _ isInWord: (Unicode.Scalar) -> Bool) -> Text {
        var isInside = false
        return text.mapping { scalar in
            defer { isInside = isInWord(scalar) }
            return isInside ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
        }
    }

    private static func asks(_ name: String, _ text: Text) -> Bool {
        let scalars = Array(text.string.unicodeScalars)
        guard !scalars.isEmpty else { return false }
        func isLetter(_ scalar: Unicode.Scalar) -> Bool {
            [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]
                .contains(scalar.properties.generalCategory)
        }
        func isDigit(_ scalar: Unicode.Scalar) -> Bool {
            scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
        }
        switch name {
        case "isdigit": return scalars.allSatisfy(isDigit)
        case "isalpha": return scalars.allSatisfy(isLetter)
        case "isalnum": return scalars.allSatisfy { isLetter($0) || $0.properties.numericType != nil }
        case "isspace": return scalars.allSatisfy { Text.isSpace($0.value) }
        case "isupper": return scalars.contains { $0.properties.isUppercase } && !scalars.contains { $0.properties.isLowercase }
        case "islower": return scalars.contains { $0.properties.isLowercase } && !scalars.contains { $0.properties.isUppercase }
        default: return false
        }
    }

    func stripped(_ text: Text, _ characters: Value?, left: Bool = true, right: Bool = true) throws -> Text {
        switch characters {
        case nil, .some(.none), .some(.undefined): return text.stripped(left: left, right: right, Text.isSpace)
        case .some(.text(let set)):
            try spend(set.count)
            let members = Set((0..<set.count).map { set[$0] })
            return text.stripped(left: left, right: right) { members.contains($0) }
        case .some(let value): throw failure("a value of type \(value.typeName) is no string of characters")
        }
    }

    private func split(_ text: Text, _ given: Given, fromRight: Bool) throws -> Value {
        let limit = given.integer(1, "maxsplit").map { $0 < 0 ? Int.max : $0 } ?? Int.max
        switch given.value(0, "sep") {
        case nil, .some(.none):
            guard !fromRight || limit == Int.max else { throw failure("'rsplit' at white space with a limit is not supported") }
            return try list(text.words(limit: limit).map { .text($0) })
        case .some(.text(let separator)):
            guard !separator.isEmpty else { throw failure("a separator is empty") }
            try paySearch(separator, text)
            // Parts from the right are looked for one by one, each over all that is left.
            if fromRight { try spend((text.count / 16).multipliedReportingOverflow(by: min(limit, text.count / 16)).partialValue) }
            let parts = fromRight ? text.splitFromRight(at: separator, limit: limit) : text.split(at: separator, limit: limit)
            return try list(parts.map { .text($0) })
        case .some(let value): throw failure("a value of type \(value.typeName) is no separator")
        }
    }

    func lines(_ text: Text, keepsEnds: Bool = false) -> [Text] {
        var (lines, start, at) = ([Text](), 0, 0)
        while at < text.count {
            guard Self.isLineEnd(text[at]) else {
                at += 1
                continue
            }
            let end = at
            at += text[at] == 0x0D && at + 1 < text.count && text[at + 1] == 0x0A ? 2 : 1
            lines.append(text[start..<(keepsEnds ? at : end)])
            start = at
        }
        return start < text.count ? lines + [text[start..<text.count]] : lines
    }

    private static func isLineEnd(_ value: UInt32) -> Bool {
        switch value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    private func affixes(_ name: String, _ given: Given) throws -> [Text] {
        switch given.positional.first {
        case .text(let part)?: return [part]
        case .list(let list)?:
            let parts = list.items.compactMap { if case .text(let part) = $0 { part } else { nil } }
            guard parts.count == list.items.count, list.isTuple, !parts.isEmpty else { fallthrough }
            try spend(list.weight)
            return parts
        default: throw failure("'\(name)' takes a string")
        }
    }

    func replaced(_ text: Text, _ old: Value?, _ new: Value?, _ count: Value?) throws -> Text {
        guard case .text(let old)? = old, case .text(let new)? = new else { throw failure("'replace' takes two strings") }
        let limit = count?.integer.map { $0 < 0 ? Int.max : $0 } ?? Int.max
        try paySearch(old, text)
        var result = Text()
        if old.isEmpty {
            let times = min(limit, text.count + 1)
            try spend(times.multipliedReportingOverflow(by: new.count + 1).partialValue)
            for index in 0...text.count {
                if index < times { result += new }
                if index < text.count { result.append(unit: text.units[index]) }
            }
            return result
        }
        for (index, part) in text.split(at: old, limit: limit).enumerated() {
            if index > 0 {
                try spend(new.count)
                result += new
            }
            result += part
        }
        return result
    }

    private func searched(_ name: String, _ text: Text, _ given: Given) throws -> Value {
        guard case .text(let part)? = given.positional.first else { throw failure("'\(name)' takes a string") }
        guard given.positional.count == 1 || name == "find" || name == "index" else {
            throw failure("'\(name)' with places is not supported")
        }
        func place(_ index: Int, _ fallback: Int) -> Int {
            guard let bound = given.integer(index, "") else { return fallback }
            return bound < 0 ? max(0, bound + text.count) : min(bound, text.count)
        }
        if name == "count" {
            guard !part.isEmpty else { return .int(text.count + 1) }
            try paySearch(part, text)
            return .int(text.split(at: part).count - 1)
        }
        if name == "rfind" {
            try paySearch(part, text)
            return .int(text.last(part) ?? -1)
        }
        let found = try find(part, in: text, from: place(1, 0), to: place(2, text.count))
        guard found != nil || name == "find" else { throw failure("'index' finds nothing") }
        return .int(found ?? -1)
    }

    private func filled(_ text: Text, _ width: Int) throws -> Text {
        guard width > text.count else { return text }
        try spend(width)
        let hasSign = text.count > 0 && (text[0] == 0x2B || text[0] == 0x2D)
        let zeros = Text(units: Array(repeating: 0x30, count: width - text.count))
        return hasSign ? text[0..<1] + zeros + text[1..<text.count] : zeros + text
    }

    func join(_ items: [Value], with separator: Text, onlyText: Bool = false) throws -> Text {
        var result = Text()
        for (index, item) in items.enumerated() {
            if onlyText, case let item = item, !item.isText { throw failure("'join' joins strings, not a value of type \(item.typeName)") }
            try spend(separator.count)
            if index > 0 { result += separator }
            result += try print(item)
        }
        return result
    }
}

extension Value {
    var isText: Bool { if case .text = self { true } else { false } }
}
