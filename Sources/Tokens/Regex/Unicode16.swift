/// Characters as Unicode 16 has them, whatever the Swift runtime knows: what Oniguruma 6.9.10 has, which Hugging Face's tokenizers
/// match with. A character that was assigned later is of no category but `unassigned`.
enum Unicode16 {
    static func isSpace(_ value: UInt32) -> Bool { known(value)?.isWhitespace ?? false }

    static func isAlphabetic(_ value: UInt32) -> Bool { known(value)?.isAlphabetic ?? false }

    /// The properties of a character that was there.
    static func known(_ value: UInt32, major: Int = 16) -> Unicode.Scalar.Properties? {
        guard let properties = Unicode.Scalar(value)?.properties, let age = properties.age, age.major <= major else { return nil }
        return properties
    }

    /// Scripts.txt of Unicode 16: Script=Han. The standard library has no scripts.
    static func isHan(_ value: UInt32) -> Bool { value >= 0x2E80 && han.contains { $0.contains(value) } }

    private static let han: [ClosedRange<UInt32>] = [
        0x4E00...0x9FFF, 0x3400...0x4DBF, 0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005...0x3005, 0x3007...0x3007,
        0x3021...0x3029, 0x3038...0x303B, 0xF900...0xFA6D, 0xFA70...0xFAD9, 0x16FE2...0x16FE3, 0x16FF0...0x16FF1, 0x20000...0x2A6DF,
        0x2A700...0x2B739, 0x2B740...0x2B81D, 0x2B820...0x2CEA1, 0x2CEB0...0x2EBE0, 0x2EBF0...0x2EE5D, 0x2F800...0x2FA1D,
        0x30000...0x3134A, 0x31350...0x323AF,
    ]
}

/// Some of the thirty general categories.
struct CategoryMask: OptionSet, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    private init(bit: UInt32) { rawValue = 1 << bit }

    /// The category of a scalar, in Unicode 16.
    static func of(_ value: UInt32) -> CategoryMask {
        guard let properties = Unicode16.known(value) else {
            return (0xD800...0xDFFF).contains(value) ? CategoryMask(bit: 28) : .unassigned
        }
        return CategoryMask(properties.generalCategory)
    }

    init(_ category: Unicode.GeneralCategory) {
        self.init(bit: UInt32(CategoryMask.order.firstIndex(of: category) ?? 29))
    }

    private static let order: [Unicode.GeneralCategory] = [
        .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark,
        .enclosingMark, .decimalNumber, .letterNumber, .otherNumber, .connectorPunctuation, .dashPunctuation, .openPunctuation,
        .closePunctuation, .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol,
        .otherSymbol, .spaceSeparator, .lineSeparator, .paragraphSeparator, .control, .format, .privateUse, .surrogate, .unassigned,
    ]

    static let letter = CategoryMask(rawValue: 0x1F)
    static let mark = CategoryMask(rawValue: 0xE0)
    static let decimalNumber = CategoryMask(bit: 8)
    static let number = CategoryMask(rawValue: 0x700)
    static let connectorPunctuation = CategoryMask(bit: 11)
    static let punctuation = CategoryMask(rawValue: 0x3_F800)
    static let symbol = CategoryMask(rawValue: 0x3C_0000)
    static let separator = CategoryMask(rawValue: 0x1C0_0000)
    static let other = CategoryMask(rawValue: 0x3E00_0000)
    static let unassigned = CategoryMask(bit: 29)

    /// By the short and the long name, without case, spaces, hyphens and underscores: `lu`, `uppercaseletter`; nil for a stranger.
    init?(named name: String) {
        if let group = CategoryMask.groups[name] { self = group; return }
        guard let index = CategoryMask.names.firstIndex(where: { $0.short == name || $0.long == name }) else { return nil }
        self.init(bit: UInt32(index))
    }

    private static let groups: [String: CategoryMask] = [
        "l": .letter, "letter": .letter, "m": .mark, "mark": .mark, "n": .number, "number": .number, "p": .punctuation,
        "punctuation": .punctuation, "s": .symbol, "symbol": .symbol, "z": .separator, "separator": .separator, "c": .other,
        "other": .other,
    ]

    private static let names: [(short: String, long: String)] = [
        ("lu", "uppercaseletter"), ("ll", "lowercaseletter"), ("lt", "titlecaseletter"), ("lm", "modifierletter"),
        ("lo", "otherletter"), ("mn", "nonspacingmark"), ("mc", "spacingmark"), ("me", "enclosingmark"), ("nd", "decimalnumber"),
        ("nl", "letternumber"), ("no", "othernumber"), ("pc", "connectorpunctuation"), ("pd", "dashpunctuation"),
        ("ps", "openpunctuation"), ("pe", "closepunctuation"), ("pi", "initialpunctuation"), ("pf", "finalpunctuation"),
        ("po", "otherpunctuation"), ("sm", "mathsymbol"), ("sc", "currencysymbol"), ("sk", "modifiersymbol"), ("so", "othersymbol"),
        ("zs", "spaceseparator"), ("zl", "lineseparator"), ("zp", "paragraphseparator"), ("cc", "control"), ("cf", "format"),
        ("co", "privateuse"), ("cs", "surrogate"), ("cn", "unassigned"),
    ]
}
