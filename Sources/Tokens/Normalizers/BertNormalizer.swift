import Basis

/// BERT's basic tokenizer up to where it cuts (tokenization.py of https://arxiv.org/abs/1810.04805's code), with the tables of
/// Unicode 8 that Hugging Face's tokenizers have.
struct BertNormalizer: Sendable {
    let cleansText: Bool
    let spacesChinese: Bool
    let stripsAccents: Bool
    let lowers: Bool

    init(_ part: Part) throws {
        cleansText = try part.bool("clean_text", default: true)
        spacesChinese = try part.bool("handle_chinese_chars", default: true)
        lowers = try part.bool("lowercase", default: true)
        stripsAccents = try part.bool("strip_accents", default: lowers)
    }

    func apply(to text: [UInt8]) -> [UInt8] {
        var text = text
        if cleansText { text = text.mappingScalars(clean) }
        if spacesChinese { text = text.mappingScalars(space) }
        if stripsAccents { text = NormalizationForm.nfd.apply(to: text).droppingScalars(BertNormalizer.isNonspacingMark) }
        return lowers ? CharacterChanges.lowercase(text) : text
    }

    /// Whether a text that begins with the scalar loses it.
    func drops(_ scalar: Unicode.Scalar) -> Bool {
        cleansText && BertNormalizer.isDropped(scalar) || stripsAccents && BertNormalizer.isNonspacingMark(scalar)
    }

    private func clean(_ scalar: Unicode.Scalar, _ result: inout [UInt8]) {
        if BertNormalizer.isDropped(scalar) { return }
        result += BertNormalizer.isSpace(scalar) ? [0x20] : Array(String(scalar).utf8)
    }

    private func space(_ scalar: Unicode.Scalar, _ result: inout [UInt8]) {
        let isChinese = BertNormalizer.isChinese(scalar.value)
        if isChinese { result.append(0x20) }
        result += String(scalar).utf8
        if isChinese { result.append(0x20) }
    }
}

extension BertNormalizer {
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: return false
        case 0, 0xFFFD: return true
        default:
            guard let category = Unicode16.known(scalar.value, major: 8)?.generalCategory else { return false }
            return category == .control || category == .format || category == .privateUse
        }
    }

    private static func isNonspacingMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x300: return false
        // What has become or ceased to be such a mark since.
        case 0x1734, 0x1171E: return true
        case 0x1885, 0x1886, 0xA9BD, 0x111C9: return false
        default: return Unicode16.known(scalar.value, major: 8)?.generalCategory == .nonspacingMark
        }
    }

    /// `P*` of Unicode 8, or a sign of ASCII.
    static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: return true
        // Other signs since Unicode 10 and 14.
        case 0x166D, 0x111C9: return true
        case ..<0x80: return false
        default:
            guard let category = Unicode16.known(scalar.value, major: 8)?.generalCategory else { return false }
            return !CategoryMask.punctuation.isDisjoint(with: CategoryMask(category))
        }
    }

    private static func isChinese(_ value: UInt32) -> Bool {
        switch value {
        case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF,
            0x2F800...0x2FA1F:
            true
        default: false
        }
    }
}
