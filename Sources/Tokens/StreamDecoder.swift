/// Turns tokens into text one at a time: each `push` gives the bytes that are certain now, never half a UTF-8 character.
///
/// What all calls give, one after another, is what `Tokenizer.decode` gives for all tokens. Bytes that may yet become a character are
/// held back; once they cannot, they are given as they are.
public struct StreamDecoder: Sendable {
    private let tokenizer: Tokenizer
    private var text: DecodedText
    private var held: [UInt8] = []

    /// A decoder at the start of a text.
    public init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool = true) {
        self.tokenizer = tokenizer
        text = DecodedText(tokenizer, skippingSpecialTokens: skippingSpecialTokens)
    }

    /// The bytes that `id` completes, often none. An id that is no token gives nothing.
    public mutating func push(_ id: Int32) -> [UInt8] {
        text.append(id, of: tokenizer, to: &held)
        let kept = max(UTF8Form.openTail(of: held), text.uncertain(held, tokenizer))
        defer { held.removeFirst(held.count - kept) }
        return Array(held.dropLast(kept))
    }

    /// The bytes held back. Then the decoder is at the start of a text again.
    public mutating func finish() -> [UInt8] {
        text.finish(&held, tokenizer)
        defer { self = StreamDecoder(tokenizer, skippingSpecialTokens: text.skipsSpecial) }
        return held
    }
}

/// The place in a text that tokens are decoded to.
struct DecodedText: Sendable {
    let skipsSpecial: Bool
    private var isFirst = true
    /// How many characters may yet be stripped off the start.
    private var toStrip: Int

    init(_ tokenizer: Tokenizer, skippingSpecialTokens: Bool) {
        skipsSpecial = skippingSpecialTokens
        toStrip = tokenizer.decoder.strip.start
    }

    /// Appends what a token adds to `bytes`.
    mutating func append(_ id: Int32, of tokenizer: Tokenizer, to bytes: inout [UInt8]) {
        guard tokenizer.hasToken(id), !(skipsSpecial && tokenizer.isSpecial(id)) else { return }
        let start = bytes.count
        if isFirst, tokenizer.decoder.dependsOnPlace {
            bytes += tokenizer.decoder.bytes(of: tokenizer.spellingToDecode(id), isFirst: true)
        } else {
            if !isFirst { bytes += tokenizer.decoder.separator }
            tokenizer.appendText(of: id, to: &bytes)
        }
        isFirst = false
        if toStrip > 0 { stripStart(&bytes, from: start, tokenizer.decoder.strip.content) }
    }

    private mutating func stripStart(_ bytes: inout [UInt8], from start: Int, _ content: UInt8) {
        let count = bytes[start...].prefix(toStrip).prefix { $0 == content }.count
        let isOver = start + count < bytes.count
        bytes.removeSubrange(start..<start + count)
        toStrip = isOver ? 0 : toStrip - count
    }

    /// How many bytes at the end may be stripped if nothing follows.
    func uncertain(_ bytes: [UInt8], _ tokenizer: Tokenizer) -> Int {
        let strip = tokenizer.decoder.strip
        return strip.stop == 0 ? 0 : bytes.count - bytes[...].droppingLast(strip.stop, strip.content).count
    }

    func finish(_ bytes: inout [UInt8], _ tokenizer: Tokenizer) { bytes.removeLast(uncertain(bytes, tokenizer)) }
}
