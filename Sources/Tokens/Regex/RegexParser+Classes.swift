import Basis

extension RegexParser {
    /// After the backslash, outside of brackets.
    mutating func escape() throws -> RegexNode {
        let places: [Unicode.Scalar: (RegexAssertion.Place, Bool)] = [
            "b": (.wordBoundary, false), "B": (.wordBoundary, true), "A": (.textStart, false), "z": (.textEnd, false),
            "Z": (.textEndOrLastLineEnd, false),
        ]
        if let scalar = next, let (place, isNegated) = places[scalar] {
            at += 1
            return .assertion(RegexAssertion(place: place, isNegated: isNegated))
        }
        if take("w") { return .set(.bareWord) }
        if take("W") { return .set(.bareWord.negated) }
        let set = try escapedSet()
        guard ignoresCase else { return .set(set) }
        guard let folded = set.folded else { throw unsupported("more than ASCII letters without regard to case") }
        return .set(folded)
    }

    /// After the backslash: a class, or one character.
    private mutating func escapedSet() throws -> RegexSet {
        let scalar = try takeAny()
        switch scalar {
        case "s": return .space
        case "S": return .space.negated
        case "d": return .digit
        case "D": return .digit.negated
        case "w": return .word
        case "W": return .word.negated
        case "h": return .hexadecimal
        case "H": return .hexadecimal.negated
        case "p": return try property()
        case "P": return try property().negated
        default: return RegexSet(try character(scalar))
        }
    }

    private func character(_ scalar: Unicode.Scalar, _ value: UInt32) throws -> UInt32 {
        guard Unicode.Scalar(value) != nil else { throw unsupported("the character '\\\(scalar)\(String(value, radix: 16))'") }
        return value
    }

    private mutating func character(_ scalar: Unicode.Scalar) throws -> UInt32 {
        switch scalar {
        case "n": return 0x0A
        case "r": return 0x0D
        case "t": return 0x09
        case "f": return 0x0C
        case "v": return 0x0B
        case "a": return 0x07
        case "e": return 0x1B
        case "x" where take("{"):
            let value = try hexadecimal(8)
            guard take("}") else { throw unsupported("'\\x{' without an end") }
            return try character(scalar, value)
        // A byte of UTF-8, which only one of ASCII is a character of its own.
        case "x":
            let value = try hexadecimal(2)
            guard value < 0x80 else { throw unsupported("a byte beyond ASCII") }
            return value
        case "u": return try character(scalar, try hexadecimal(4))
        case "a"..."z", "A"..."Z", "0"..."9": throw unsupported("'\\\(scalar)'")
        default: return scalar.value
        }
    }

    private mutating func hexadecimal(_ digits: Int) throws -> UInt32 {
        var value: UInt32 = 0, count = 0
        while count < digits, let digit = next.flatMap({ Character($0).hexDigitValue }) {
            value = value << 4 | UInt32(digit)
            count += 1
            at += 1
        }
        guard count > 0, value < 0x110000 else { throw unsupported("a character without a number") }
        return value
    }

    /// `{Lu}`, `{^Lu}`, after `\p`.
    private mutating func property() throws -> RegexSet {
        guard take("{"), let end = scalars[at...].firstIndex(of: "}") else { throw unsupported("'\\p' without a name") }
        let isNegated = take("^")
        let name = String(String.UnicodeScalarView(scalars[at..<end].filter { !" _-".unicodeScalars.contains($0) })).lowercased()
        at = end + 1
        let set = try named(name)
        return isNegated ? set.negated : set
    }

    private func named(_ name: String) throws -> RegexSet {
        if let categories = CategoryMask(named: name) { return RegexSet(categories) }
        switch name {
        case "han", "script=han", "sc=han": return .with { $0.hasHan = true }
        case "alphabetic", "alpha": return .with { $0.hasAlphabetic = true }
        case "whitespace", "space": return .space
        case "any": return .with { $0.ranges = [0...0x10FFFF] }
        default: throw unsupported("'\\p{\(name)}'")
        }
    }
}

// Brackets.
extension RegexParser {
    /// After `[`: everything up to its `]`.
    mutating func bracketed(depth: Int = 0) throws -> RegexSet {
        guard depth < 20 else { throw unsupported("nesting that deep") }
        let isNegated = take("^")
        var unions = [RegexSet()]
        var isFirst = true
        while true {
            if !isFirst, take("]") { break }
            if take("&&") { unions.append(RegexSet()) } else { try member(of: &unions[unions.count - 1], isFirst: isFirst, depth) }
            isFirst = false
        }
        var result = unions[0]
        // With `&&` the cuts apply to all before them: so the first union becomes a part of its own.
        if unions.count > 1 { result = .with { $0.parts = [unions[0]]; $0.cuts = Array(unions[1...]) } }
        result.isNegated = isNegated
        return result
    }

    private mutating func member(of set: inout RegexSet, isFirst: Bool, _ depth: Int) throws {
        if take("[:") { return set.parts.append(try posix()) }
        if take("[") { return set.parts.append(try bracketed(depth: depth + 1)) }
        guard let low = try single(&set) else { return }
        guard next == "-", at + 1 < scalars.count, scalars[at + 1] != "]" else { return set.ranges.append(low...low) }
        at += 1
        var ignored = RegexSet()
        guard next != "[", let high = try single(&ignored), low <= high else { throw unsupported("a range without an end") }
        set.ranges.append(low...high)
    }

    /// One character; a class goes into the set, and nil comes back.
    private mutating func single(_ set: inout RegexSet) throws -> UInt32? {
        let scalar = try takeAny()
        guard scalar == "\\" else { return scalar.value }
        if next == "b" {
            at += 1
            return 0x08
        }
        let escaped = try escapedSet()
        if !escaped.isNegated, escaped.ranges.count == 1, escaped.ranges[0].count == 1 { return escaped.ranges[0].lowerBound }
        set.parts.append(escaped)
        return nil
    }

    /// After `[:`.
    private mutating func posix() throws -> RegexSet {
        let isNegated = take("^")
        let classes: [(String, RegexSet)] = [
            ("space", .space), ("digit", .digit), ("word", .word), ("alpha", .with { $0.hasAlphabetic = true }),
            ("xdigit", .hexadecimal), ("punct", RegexSet(.punctuation.union(.symbol))),
        ]
        for (name, set) in classes where take(name + ":]") { return isNegated ? set.negated : set }
        throw unsupported("that class '[:..:]'")
    }
}
