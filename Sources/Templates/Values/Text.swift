/// A string as Python has it, a sequence of Unicode scalars, each of which knows whether it came from the input or from the template.
///
/// Whatever a template does to a string, cuts, joins or replaces, its characters keep their origin: so what a message says can never
/// be taken for what the template says.
struct Text: Hashable, Sendable {
    /// Values of scalars; the highest bit says that one came from the input.
    private(set) var units: [UInt32]

    static let input: UInt32 = 0x8000_0000

    init(units: [UInt32] = []) { self.units = units }

    init(_ string: String, isInput: Bool = false) {
        units = string.unicodeScalars.map { isInput ? $0.value | Text.input : $0.value }
    }

    var count: Int { units.count }
    var isEmpty: Bool { units.isEmpty }

    /// The scalar at a place, without its origin.
    subscript(index: Int) -> UInt32 { units[index] & ~Text.input }

    subscript(range: Range<Int>) -> Text { Text(units: Array(units[range])) }

    var string: String {
        var scalars = String.UnicodeScalarView()
        for unit in units { if let scalar = Unicode.Scalar(unit & ~Text.input) { scalars.append(scalar) } }
        return String(scalars)
    }

    static func + (left: Text, right: Text) -> Text { Text(units: left.units + right.units) }
    static func += (left: inout Text, right: Text) { left.units += right.units }

    /// Strings are equal wherever they came from.
    static func == (left: Text, right: Text) -> Bool {
        left.count == right.count && left.units.indices.allSatisfy { left[$0] == right[$0] }
    }

    func hash(into hasher: inout Hasher) { for unit in units { hasher.combine(unit & ~Text.input) } }

    /// By scalar values.
    static func < (left: Text, right: Text) -> Bool {
        left.units.lazy.map { $0 & ~Text.input }.lexicographicallyPrecedes(right.units.lazy.map { $0 & ~Text.input })
    }
}

extension Text {
    func hasPrefix(_ other: Text, at start: Int = 0) -> Bool {
        start >= 0 && start + other.count <= count && other.units.indices.allSatisfy { self[start + $0] == other[$0] }
    }

    func hasSuffix(_ other: Text) -> Bool { hasPrefix(other, at: count - other.count) }

    /// Where `other` occurs first from `start` on, before `end`.
    func first(_ other: Text, from start: Int = 0, to end: Int? = nil) -> Int? {
        let last = (end ?? count) - other.count
        guard start <= last else { return nil }
        return (start...last).first { hasPrefix(other, at: $0) }
    }

    func last(_ other: Text) -> Int? {
        guard other.count <= count else { return nil }
        return (0...count - other.count).last { hasPrefix(other, at: $0) }
    }

    /// Without what `isStripped` says at the ends.
    func stripped(left: Bool = true, right: Bool = true, _ isStripped: (UInt32) -> Bool) -> Text {
        var (start, end) = (0, count)
        while left, start < end, isStripped(self[start]) { start += 1 }
        while right, start < end, isStripped(self[end - 1]) { end -= 1 }
        return self[start..<end]
    }

    /// The parts between separators, which are not empty; at most `limit` cuts are made.
    func split(at separator: Text, limit: Int = .max) -> [Text] {
        var (parts, start) = ([Text](), 0)
        while parts.count < limit, let found = first(separator, from: start) {
            parts.append(self[start..<found])
            start = found + separator.count
        }
        return parts + [self[start..<count]]
    }

    /// The same from the right.
    func splitFromRight(at separator: Text, limit: Int) -> [Text] {
        var (parts, end) = ([Text](), count)
        while parts.count < limit, let found = self[0..<end].last(separator) {
            parts.insert(self[found + separator.count..<end], at: 0)
            end = found
        }
        return [self[0..<end]] + parts
    }

    /// The words between white space; what is left after `limit` cuts keeps the white space within it and at its end.
    func words(limit: Int = .max) -> [Text] {
        var (words, at) = ([Text](), 0)
        while true {
            while at < count, Text.isSpace(self[at]) { at += 1 }
            guard at < count else { return words }
            if words.count == limit { return words + [self[at..<count]] }
            let start = at
            while at < count, !Text.isSpace(self[at]) { at += 1 }
            words.append(self[start..<at])
        }
    }

    /// Each character as `change` has it, of the same origin.
    func mapping(_ change: (Unicode.Scalar) -> String) -> Text {
        var result = Text()
        for unit in units {
            guard let scalar = Unicode.Scalar(unit & ~Text.input) else { continue }
            result.units += change(scalar).unicodeScalars.map { $0.value | unit & Text.input }
        }
        return result
    }

    mutating func append(unit: UInt32) { units.append(unit) }

    /// `str.isspace` of Python, which `strip` and `split` go by.
    static func isSpace(_ value: UInt32) -> Bool {
        switch value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0: true
        case ..<0x1680: false
        default: Unicode.Scalar(value)?.properties.isWhitespace ?? false
        }
    }
}
