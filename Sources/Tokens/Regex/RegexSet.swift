/// A set of characters as a pattern describes it: `a`, `\p{Lu}`, `[^\s\p{L}\p{N}]`. A byte that is not UTF-8 is in none.
struct RegexSet: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var categories = CategoryMask()
    /// `\w`, beyond what categories say: Alphabetic.
    var hasAlphabetic = false
    /// White_Space.
    var hasSpace = false
    /// Script=Han.
    var hasHan = false
    /// Sets within, in union with the above.
    var parts: [RegexSet] = []
    /// What `&&` cuts the union with.
    var cuts: [RegexSet] = []
    var isNegated = false
    /// What of ASCII is in it; set by `sealed`.
    private var low: UInt64 = 0, high: UInt64 = 0

    init() {}

    init(_ scalars: UInt32...) { ranges = scalars.map { $0...$0 } }

    init(_ categories: CategoryMask) { self.categories = categories }

    /// The set with its table of ASCII.
    func sealed() -> RegexSet {
        var result = self
        (result.low, result.high) = (0, 0)
        for value in UInt32(0)..<128 where holds(value) {
            if value < 64 { result.low |= 1 << UInt64(value) } else { result.high |= 1 << UInt64(value - 64) }
        }
        return result
    }

    func holdsASCII(_ byte: UInt8) -> Bool { (byte < 64 ? low >> UInt64(byte) : high >> UInt64(byte & 63)) & 1 == 1 }

    /// The length of the character at `at` if it is in the set, else 0.
    @inline(__always) func length(_ text: Bytes, at: Int, end: Int) -> Int {
        guard at < end else { return 0 }
        let byte = text[at]
        if byte < 0x80 { return holdsASCII(byte) ? 1 : 0 }
        let scalar = text.scalar(at: at, end: end)
        return scalar.value != ScalarAt.invalid && holds(scalar.value) ? scalar.length : 0
    }

    /// Whether the scalar is in the set.
    func holds(_ value: UInt32) -> Bool {
        let inUnion =
            ranges.contains { $0.contains(value) } || !categories.isEmpty && categories.contains(.of(value))
            || hasSpace && Unicode16.isSpace(value) || hasAlphabetic && Unicode16.isAlphabetic(value) || hasHan && Unicode16.isHan(value)
            || parts.contains { $0.holds(value) }
        return (inUnion && cuts.allSatisfy { $0.holds(value) }) != isNegated
    }

    /// Whether it may hold anything beyond ASCII.
    var reachesBeyondASCII: Bool {
        isNegated || !categories.isEmpty || hasAlphabetic || hasSpace || hasHan || ranges.contains { $0.upperBound > 0x7F }
            || parts.contains { $0.reachesBeyondASCII }
    }
}

extension RegexSet {
    static let space = with { $0.hasSpace = true }
    static let digit = RegexSet(.decimalNumber)
    static let word = with {
        $0.hasAlphabetic = true
        $0.categories = .mark.union(.decimalNumber).union(.connectorPunctuation)
    }
    /// `\w` and `\b` outside of brackets: Oniguruma goes by another table there for characters below U+0100, in which some numbers are
    /// of words.
    static let bareWord = with {
        $0.parts = [word]
        $0.ranges = [0xB2...0xB3, 0xB9...0xB9, 0xBC...0xBE]
    }
    static let hexadecimal = with { $0.ranges = [0x30...0x39, 0x41...0x46, 0x61...0x66] }
    static let notLineFeed = with { ($0.ranges, $0.isNegated) = ([0x0A...0x0A], true) }

    static func with(_ change: (inout RegexSet) -> Void) -> RegexSet {
        var set = RegexSet()
        change(&set)
        return set
    }

    var negated: RegexSet {
        var set = self
        set.isNegated.toggle()
        return set
    }

    /// The set with the other case of each ASCII letter, and what Unicode folds to one: `ſ`, the sign of Kelvin. Nil where it holds
    /// other things that have cases.
    var folded: RegexSet? {
        guard categories.isDisjoint(with: .letter), !hasAlphabetic, parts.isEmpty, cuts.isEmpty else { return nil }
        guard ranges.allSatisfy({ $0.upperBound < 0x80 || $0.lowerBound >= 0x80 && !RegexSet.hasCases($0) }) else { return nil }
        var set = self
        for value in UInt32(0x61)...0x7A {
            guard ranges.contains(where: { $0.contains(value) || $0.contains(value - 0x20) }) else { continue }
            set.ranges += [value...value, value - 0x20...value - 0x20]
            if value == 0x73 { set.ranges.append(0x17F...0x17F) }
            if value == 0x6B { set.ranges.append(0x212A...0x212A) }
        }
        return set
    }

    private static func hasCases(_ range: ClosedRange<UInt32>) -> Bool {
        guard range.count < 256 else { return true }
        return range.contains { Unicode.Scalar($0)?.properties.isCased ?? false }
    }
}
