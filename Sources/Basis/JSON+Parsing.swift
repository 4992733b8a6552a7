extension JSON {
    /// Reads one JSON text (RFC 8259, UTF-8), strictly: no key twice, no lone surrogate, nothing after the value,
    /// at most `depth` arrays and objects inside each other. Errors name the byte where reading stopped.
    public init(parsing bytes: UnsafeRawBufferPointer, depth: Int = 64) throws {
        self = try bytes.withMemoryRebound(to: UInt8.self) { bytes in
            var parser = JSONParser(bytes: bytes, depthLimit: depth)
            return try parser.document()
        }
    }

    public init(parsing bytes: [UInt8], depth: Int = 64) throws {
        self = try bytes.withUnsafeBytes { try JSON(parsing: $0, depth: depth) }
    }

    public init(parsing text: String, depth: Int = 64) throws {
        try self.init(parsing: Array(text.utf8), depth: depth)
    }
}

private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let depthLimit: Int
    var at = 0
    var depth = 0

    init(bytes: UnsafeBufferPointer<UInt8>, depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    mutating func document() throws -> JSON {
        let result = try value()
        skipSpace()
        guard at == bytes.count else { throw failure("text after the JSON value") }
        return result
    }

    func failure(_ what: String) -> Failure { Failure("bad JSON at byte \(at): \(what)") }

    var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    mutating func skipSpace() {
        while at < bytes.count {
            let byte = bytes[at]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            at += 1
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        at += 1
        return true
    }

    mutating func value() throws -> JSON {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw failure("the text ends too early")
        default: return try number()
        }
    }

    mutating func nested(_ body: (inout JSONParser) throws -> JSON) throws -> JSON {
        guard depth < depthLimit else { throw failure("nested more than \(depthLimit) deep") }
        depth += 1
        at += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    mutating func word(_ text: StaticString, _ meaning: JSON) throws -> JSON {
        let end = at + text.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        guard end <= bytes.count, bytes[at..<end].elementsEqual(expected) else { throw failure("not a JSON value") }
        at = end
        return meaning
    }

    mutating func array() throws -> JSON {
        var elements: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or ']'") }
        }
    }

    mutating func object() throws -> JSON {
        var members = JSONObject()
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            try member(of: &members)
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw failure("expected ',' or '}'") }
        }
    }

    mutating func member(of members: inout JSONObject) throws {
        skipSpace()
        guard current == UInt8(ascii: "\"") else { throw failure("expected a key") }
        let start = at
        let key = try string()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw failure("expected ':'") }
        guard members.append(key, try value()) else {
            at = start
            throw failure("key '\(key)' occurs twice")
        }
    }
}

// Strings.
extension JSONParser {
    mutating func string() throws -> String {
        at += 1
        let start = at
        while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 { at += 1 }
        if current == UInt8(ascii: "\"") {
            defer { at += 1 }
            return try text(UnsafeBufferPointer(rebasing: bytes[start..<at]))
        }
        return try escapedString(Array(bytes[start..<at]))
    }

    func text(_ slice: UnsafeBufferPointer<UInt8>) throws -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw failure("a string is not UTF-8") }
        return text
    }

    mutating func escapedString(_ prefix: [UInt8]) throws -> String {
        var content = prefix
        while let byte = current {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return try content.withUnsafeBufferPointer { try text($0) }
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0..<0x20: throw failure("a control character in a string")
            default: content.append(byte)
            }
        }
        throw failure("a string without an end")
    }

    mutating func escape(into content: inout [UInt8]) throws {
        guard let byte = current else { throw failure("a string without an end") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"): content.append(contentsOf: Array(String(try scalar()).utf8))
        default: throw failure("unknown escape in a string")
        }
    }

    mutating func scalar() throws -> Unicode.Scalar {
        let high = try codeUnit()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard (0xD800..<0xDC00).contains(high), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("a lone surrogate in a string")
        }
        let low = try codeUnit()
        guard (0xDC00..<0xE000).contains(low), let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) else {
            throw failure("a lone surrogate in a string")
        }
        return scalar
    }

    mutating func codeUnit() throws -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("expected four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
            at += 1
        }
        return unit
    }
}

// Numbers.
extension JSONParser {
    mutating func number() throws -> JSON {
        let start = at
        _ = take(UInt8(ascii: "-"))
        try integerPart()
        let isInteger = try !fractionAndExponent()
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw failure("number '\(text)' is out of range") }
        return .number(value)
    }

    mutating func integerPart() throws {
        if take(UInt8(ascii: "0")) { return }
        guard digits() > 0 else { throw failure("not a JSON value") }
    }

    /// Whether there was a fraction or an exponent.
    mutating func fractionAndExponent() throws -> Bool {
        var found = false
        if take(UInt8(ascii: ".")) {
            found = true
            guard digits() > 0 else { throw failure("a number without digits after its point") }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            found = true
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { throw failure("a number without digits in its exponent") }
        }
        return found
    }

    mutating func digits() -> Int {
        let start = at
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
        return at - start
    }
}
