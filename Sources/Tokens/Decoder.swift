/// How tokens become text: `decoder` of tokenizer.json. Each token's bytes are made once; what depends on a token's place is the
/// first token's treatment, and the ends of the text.
struct Decoder: Sendable {
    enum Step: Sendable {
        case replace([UInt8], with: [UInt8])
        /// `ByteSymbols` back to bytes; a token with other characters stays as it is.
        case byteLevel
        /// `<0x41>` is the byte 41 (hexadecimal).
        case byteFallback
        /// Spaces for marks; none for the first token's if `dropsFirst`.
        case metaspace([UInt8], dropsFirst: Bool)
        /// A token that begins with the prefix goes on with the word before it; others but the first come after a space.
        case wordPiece([UInt8], cleans: Bool)
        /// Up to so many ASCII characters `content` off a token's ends.
        case strip((content: UInt8, start: Int, stop: Int))
    }

    /// What each token goes through.
    var steps: [Step] = []
    /// Up to so many ASCII characters off the whole text's ends.
    var strip: (content: UInt8, start: Int, stop: Int) = (0, 0, 0)
    /// Between tokens, where there is no decoder at all.
    var separator: [UInt8] = []

    /// The first token is not treated like the others.
    var dependsOnPlace: Bool {
        steps.contains { step in
            switch step {
            case .metaspace(_, dropsFirst: true), .wordPiece: true
            default: false
            }
        }
    }

    func bytes(of token: [UInt8], isFirst: Bool) -> [UInt8] {
        var bytes = token
        for step in steps {
            if case .byteFallback = step, let byte = Decoder.fallbackByte(bytes) { return [byte] }
            bytes = step.apply(to: bytes, isFirst: isFirst)
        }
        return bytes
    }

    fileprivate static func word(_ token: [UInt8], _ prefix: [UInt8], isFirst: Bool, cleans: Bool) -> [UInt8] {
        var word = token
        if !isFirst { word = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [0x20] + token }
        guard cleans else { return word }
        return cleanups.reduce(word) { $0.replacing($1.pattern, with: $1.content) }
    }

    /// What Hugging Face's tokenizers put right in English after WordPiece, in their order.
    private static let cleanups: [(pattern: [UInt8], content: [UInt8])] = [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
        (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ].map { (Array($0.utf8), Array($1.utf8)) }

    static func fallbackByte(_ token: [UInt8]) -> UInt8? {
        guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else { return nil }
        guard let high = digit(token[3]), let low = digit(token[4]) else { return nil }
        return high << 4 | low
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension Decoder.Step {
    func apply(to token: [UInt8], isFirst: Bool) -> [UInt8] {
        switch self {
        case .replace(let pattern, let content): token.replacing(pattern, with: content)
        case .byteLevel: token.withUnsafeBufferPointer { ByteSymbols.bytes(of: $0) } ?? token
        case .byteFallback: token
        case .metaspace(let mark, let dropsFirst): token.replacing(mark, with: isFirst && dropsFirst ? [] : [0x20])
        case .wordPiece(let prefix, let cleans): Decoder.word(token, prefix, isFirst: isFirst, cleans: cleans)
        case .strip((let content, let start, let stop)):
            Array(token.dropFirst(token.prefix(start).prefix { $0 == content }.count).droppingLast(stop, content))
        }
    }
}

extension ArraySlice<UInt8> {
    func droppingLast(_ limit: Int, _ content: UInt8) -> ArraySlice<UInt8> {
        dropLast(suffix(limit).reversed().prefix { $0 == content }.count)
    }
}
