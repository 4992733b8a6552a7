import Tokens

/// What the text of a token adds to a text.
package struct TokenText {
    package let bytes: Int
    /// Words that begin in it, behind white space of its own.
    private let words: Int
    /// Whether its text begins with something else than white space.
    private let continues: Bool
    /// Whether a word begins where the next token does, if that begins with something else than white space.
    private let ends: Bool

    package init(_ text: [UInt8]) {
        bytes = text.count
        words = zip(text, text.dropFirst()).count { TokenText.isSpace($0) && !TokenText.isSpace($1) }
        continues = text.first.map { !TokenText.isSpace($0) } ?? false
        ends = text.last.map(TokenText.isSpace) ?? true
    }

    /// Words that begin in it where it comes after another.
    package func words(after token: TokenText) -> Int { words + (continues && token.ends ? 1 : 0) }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension Tokenizer {
    /// Those of the first `count` tokens.
    func tokenTexts(_ count: Int) -> [TokenText] { (0..<Int32(clamping: count)).map { TokenText(text(of: $0)) } }
}
