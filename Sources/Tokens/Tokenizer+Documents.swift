/// Long documents.
extension Tokenizer {
    /// The bytes of text that a token stands for; none for special tokens.
    public func text(of id: Int32) -> [UInt8] {
        guard !isSpecial(id) else { return [] }
        var bytes: [UInt8] = []
        appendText(of: id, to: &bytes)
        return bytes
    }

    /// How many they are.
    public func byteCount(of id: Int32) -> Int { text(of: id).count }

    /// That of each of the first `count` tokens.
    public func byteCounts(_ count: Int) -> [Int] { (0..<Int32(clamping: count)).map(byteCount) }

    /// Calls `take` with the tokens of a text of any length in parts, one after the other: those that `encode` gives for all of it.
    ///
    /// The text is cut between lines, for no word of a byte-level pre-tokenizer goes across such a place. Where a normalizer or another
    /// pre-tokenizer might, the text is encoded at once.
    public func encode(document text: UnsafeBufferPointer<UInt8>, _ take: ([Int32]) throws -> Void) rethrows {
        guard normalizer.steps.isEmpty, preTokenizer.endsWordsAtLines, text.count > Self.partSize else { return try take(encode(text)) }
        try take(prefix)
        var start = 0
        while start < text.count {
            let end = Self.lineStart(in: text, from: start + Self.partSize)
            try take(encode(UnsafeBufferPointer(rebasing: text[start..<end]), addingSpecialTokens: false))
            start = end
        }
        try take(suffix)
    }

    private static let partSize = 1 << 20

    /// The first place from `place` on where a line begins with a letter of ASCII, and the line before it ends with more than white space:
    /// what a pattern makes of a run of that depends on what follows. The end if there is none.
    private static func lineStart(in text: UnsafeBufferPointer<UInt8>, from place: Int) -> Int {
        var place = place
        while place < text.count {
            let isLetter = (0x61...0x7A).contains(text[place] | 0x20)
            if isLetter, text[place - 1] == 0x0A, (0x21...0x7E).contains(text[place - 2]) { return place }
            place += 1
        }
        return text.count
    }
}

extension PreTokenizer {
    /// Whether a word never goes on after a line feed that comes after other text.
    fileprivate var endsWordsAtLines: Bool {
        !steps.isEmpty
            && steps.allSatisfy { step in
                switch step {
                case .gpt2, .cl100k: true
                default: false
                }
            }
    }
}
