/// What the pre-tokenizers' patterns ask of a character.
enum CharacterClass: UInt8 {
    case other = 0
    /// `\p{L}`
    case letter = 1
    /// `\p{N}`
    case number = 2
    /// `\s`: White_Space
    case space = 3
    /// A byte that is no part of a character; it matches nothing, not even a negated class.
    case invalid = 4
}

extension CharacterClass {
    /// A character that is younger than Unicode 16 stays `other`, so that a text's tokens do not change with the compiler.
    init(_ scalar: Unicode.Scalar) {
        guard let properties = Unicode16.known(scalar.value) else { self = .other; return }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
        case .decimalNumber, .letterNumber, .otherNumber: self = .number
        default: self = properties.isWhitespace ? .space : .other
        }
    }

    /// The classes of U+0000...U+2FFF, as raw values.
    static let table: [UInt8] = (0..<tableEnd).map { value in
        Unicode.Scalar(value).map { CharacterClass($0).rawValue } ?? CharacterClass.other.rawValue
    }
    static let tableEnd: UInt32 = 0x3000

    /// The class of a scalar beyond the table.
    static func high(_ value: UInt32) -> CharacterClass {
        switch value {
        case 0x4E00..<0xA000, 0xAC00..<0xD7A4: return .letter
        case ScalarAt.invalid: return .invalid
        default: return Unicode.Scalar(value).map { CharacterClass($0) } ?? .other
        }
    }
}

/// Single questions of the slower paths.
extension Unicode.Scalar {
    /// `\w` of Rust's regex crate (UTS 18, annex C), which has Unicode 16, too.
    var isWord: Bool {
        guard let properties = Unicode16.known(value) else { return false }
        return switch properties.generalCategory {
        case .decimalNumber, .connectorPunctuation, .nonspacingMark, .spacingMark, .enclosingMark: true
        default: properties.isAlphabetic || value == 0x200C || value == 0x200D
        }
    }
}

extension ScalarAt {
    var isWord: Bool { Unicode.Scalar(value)?.isWord ?? false }
    var isSpace: Bool { Unicode.Scalar(value)?.properties.isWhitespace ?? false }
    var isNumber: Bool { Unicode.Scalar(value).map { CharacterClass($0) == .number } ?? false }
}
