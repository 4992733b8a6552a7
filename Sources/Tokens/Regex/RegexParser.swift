import Basis

/// Reads the regular expressions of tokenizers, in the syntax that Hugging Face's tokenizers give Oniguruma (Ruby's): alternatives,
/// groups, `(?i:..)`, classes with `\p{..}`, nested ones and `&&`, quantifiers of all three kinds, looking at the next or the last
/// character. What it does not know, or cannot promise to match in linear time, it refuses by name.
struct RegexParser {
    let pattern: String
    let scalars: [Unicode.Scalar]
    var at = 0
    private var depth = 0
    var ignoresCase = false

    static let longest = 1 << 16

    static func parse(_ pattern: String) throws -> RegexNode {
        guard pattern.utf8.count <= longest else { throw Failure("a regular expression of \(pattern.utf8.count) bytes is not supported") }
        var parser = RegexParser(pattern)
        let node = try parser.alternatives()
        guard parser.at == parser.scalars.count else { throw parser.unsupported("an unmatched ')'") }
        return node
    }

    private init(_ pattern: String) { (self.pattern, scalars) = (pattern, Array(pattern.unicodeScalars)) }

    func unsupported(_ what: String) -> Failure { Failure("the regular expression '\(pattern)': \(what) is not supported") }

    var next: Unicode.Scalar? { at < scalars.count ? scalars[at] : nil }

    mutating func take(_ text: String) -> Bool {
        guard scalars[at...].starts(with: text.unicodeScalars) else { return false }
        at += text.unicodeScalars.count
        return true
    }

    mutating func takeAny() throws -> Unicode.Scalar {
        guard let scalar = next else { throw unsupported("an end in the middle of something") }
        at += 1
        return scalar
    }

    private mutating func alternatives() throws -> RegexNode {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 100 else { throw unsupported("nesting that deep") }
        var alternatives = [try sequence()]
        while take("|") { alternatives.append(try sequence()) }
        return alternatives.count == 1 ? alternatives[0] : .alternatives(alternatives)
    }

    private mutating func sequence() throws -> RegexNode {
        var nodes: [RegexNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            if ignoresCase, isFoldedPair() { throw unsupported("two characters that fold to one, without regard to case,") }
            nodes.append(try quantified(try atom()))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    /// Unicode folds these pairs to single characters, too: `ß`, `ﬆ`, `ﬁ`.
    private func isFoldedPair() -> Bool {
        guard at + 1 < scalars.count else { return false }
        let pair = String(String.UnicodeScalarView(scalars[at...at + 1])).lowercased()
        return ["ss", "st", "ff", "fi", "fl"].contains(pair)
    }

    private mutating func atom() throws -> RegexNode {
        switch try takeAny() {
        case "(": return try group()
        case "[": return .set(try folding(try bracketed()))
        case "\\": return try escape()
        case ".": return .set(.notLineFeed)
        case "^": return .assertion(RegexAssertion(place: .lineStart))
        case "$": return .assertion(RegexAssertion(place: .lineEnd))
        case "*", "+", "?": throw unsupported("a quantifier of nothing")
        case let scalar: return .set(try folding(RegexSet(scalar.value)))
        }
    }

    private func folding(_ set: RegexSet) throws -> RegexSet {
        guard ignoresCase else { return set }
        guard let folded = set.folded else { throw unsupported("more than ASCII letters without regard to case") }
        return folded
    }
}

// Groups.
extension RegexParser {
    private mutating func group() throws -> RegexNode {
        let outer = ignoresCase
        defer { ignoresCase = outer }
        if take("?:") || next != "?" { return try closed() }
        if take("?i:") {
            ignoresCase = true
            return try closed()
        }
        if take("?-i:") {
            ignoresCase = false
            return try closed()
        }
        if take("?>") { return try atomic(closed()) }
        return .assertion(try look())
    }

    private mutating func closed() throws -> RegexNode {
        let node = try alternatives()
        guard take(")") else { throw unsupported("a group without an end") }
        return node
    }

    /// Of single characters only: `(?>\s+)`.
    private func atomic(_ node: RegexNode) throws -> RegexNode {
        if case .set = node { return node }
        guard case .repeated(let body, let count, false, _) = node, body.oneCharacter != nil else {
            throw unsupported("'(?>' around more than one repeated character")
        }
        return .repeated(body, count: count, isLazy: false, isPossessive: true)
    }

    private mutating func look() throws -> RegexAssertion {
        for (start, isAhead, isNegated) in [("?=", true, false), ("?!", true, true), ("?<=", false, false), ("?<!", false, true)] {
            guard take(start) else { continue }
            let (set, orEnd) = try looked(closed())
            guard isAhead || !orEnd else { throw unsupported("'(\(start)' with '$'") }
            return RegexAssertion(place: isAhead ? .ahead(set.sealed(), orEnd: orEnd) : .behind(set.sealed()), isNegated: isNegated)
        }
        throw unsupported("the group '(\(String(String.UnicodeScalarView(scalars[at...].prefix(3))))'")
    }

    /// One character, or the end of the text.
    private func looked(_ node: RegexNode) throws -> (RegexSet, orEnd: Bool) {
        if let set = node.oneCharacter { return (set, false) }
        if case .alternatives(let nodes) = node {
            let sets = nodes.compactMap(\.oneCharacter)
            let ends = nodes.filter { if case .assertion(let it) = $0, case .lineEnd = it.place { true } else { false } }
            if sets.count + ends.count == nodes.count {
                return (.with { $0.parts = sets + (ends.isEmpty ? [] : [RegexSet(0x0A)]) }, !ends.isEmpty)
            }
        }
        throw unsupported("looking at more than one character")
    }
}

// Quantifiers.
extension RegexParser {
    private mutating func quantified(_ node: RegexNode) throws -> RegexNode {
        guard let count = try quantifier() else { return node }
        let isLazy = take("?"), isPossessive = !isLazy && take("+")
        if count.isInterval, isPossessive || isLazy && count.range.lowerBound == count.range.upperBound {
            throw unsupported("a quantifier of '{..}'")
        }
        guard try quantifier() == nil else { throw unsupported("a quantifier of a quantifier") }
        guard !node.isNullable else { throw unsupported("repeating what may be empty") }
        guard !isPossessive || node.oneCharacter != nil else { throw unsupported("a possessive quantifier of more than one character") }
        return .repeated(node, count: count.range, isLazy: isLazy, isPossessive: isPossessive)
    }

    private mutating func quantifier() throws -> (range: ClosedRange<Int>, isInterval: Bool)? {
        if take("*") { return (0...Int.max, false) }
        if take("+") { return (1...Int.max, false) }
        if take("?") { return (0...1, false) }
        guard next == "{" else { return nil }
        let start = at
        at += 1
        let low = number(), hasComma = take(","), high = hasComma ? number() : low
        guard take("}"), low != nil || high != nil else {
            at = start
            throw unsupported("a '{' that is no quantifier")
        }
        let range = (low ?? 0, high ?? Int.max)
        guard range.0 <= range.1, range.0 <= 1000, range.1 <= 1000 || high == nil else { throw unsupported("a count beyond 1000") }
        return (range.0...range.1, true)
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let digit = next, ("0"..."9").contains(digit), value ?? 0 < 100_000 {
            value = (value ?? 0) * 10 + Int(digit.value - 0x30)
            at += 1
        }
        return value
    }
}
