/// Where a text can be cut without changing its BPE tokens: between two characters that no merge ever joins.
///
/// Every merge joins a last character of its left token and a first character of its right one. If no merge of the model joins `x`
/// and `y`, no symbol ever spans that place, so both sides are encoded on their own. A SentencePiece-style model, which has no words
/// and takes the whole text as one piece, is cut before nearly every "▁" in this way, and its words can be remembered.
///
/// Characters are told apart as far as this needs: ASCII, "▁", all others. Only cuts before a character that is a token are
/// taken, so that unknown ones in a row stay together.
package struct MergeBoundaries: Sendable {
    static let width = 130
    private static let metaspace = 128
    private static let other = 129
    /// `width` x `width`, row: the character before the cut.
    private var isCut: [Bool]

    /// Nil if no place can be proved.
    init?(merges: [(left: Int32, right: Int32)], vocabulary: Vocabulary, first: FirstSymbols) {
        // A character that leaves no symbol makes neighbours of those beside it.
        guard first.unknown != nil || !first.byteTokens.contains(-1) else { return nil }
        isCut = Array(repeating: false, count: MergeBoundaries.width * MergeBoundaries.width)
        for after in 0..<MergeBoundaries.other where MergeBoundaries.isToken(after, first) {
            for before in 0..<MergeBoundaries.width { isCut[before * MergeBoundaries.width + after] = true }
        }
        let strange = Set(first.byteTokens.filter { $0 >= 0 } + (first.unknown.map { [$0] } ?? []))
        for merge in merges {
            // What such a token stands for in the text is not what it is spelled like.
            guard !strange.contains(merge.left), !strange.contains(merge.right) else { return nil }
            guard let left = vocabulary.token(merge.left), let right = vocabulary.token(merge.right) else { return nil }
            isCut[MergeBoundaries.last(left) * MergeBoundaries.width + MergeBoundaries.first(right)] = false
        }
    }

    private static func isToken(_ code: Int, _ first: FirstSymbols) -> Bool {
        code == metaspace ? first.id(ofScalar: 0x2581) >= 0 : code < 128 && first.single[code] >= 0
    }

    private static func first(_ token: ArraySlice<UInt8>) -> Int {
        guard let byte = token.first else { return other }
        return byte < 0x80 ? Int(byte) : token.starts(with: [0xE2, 0x96, 0x81]) ? metaspace : other
    }

    private static func last(_ token: ArraySlice<UInt8>) -> Int {
        guard let byte = token.last else { return other }
        return byte < 0x80 ? Int(byte) : token.suffix(3).elementsEqual([0xE2, 0x96, 0x81]) ? metaspace : other
    }

    /// The end of the part that starts at `start`.
    func end(of text: Bytes, from start: Int, to end: Int) -> Int {
        isCut.withUnsafeBufferPointer { isCut in
            var (before, at) = MergeBoundaries.character(text, at: start, end: end)
            while at < end {
                let (code, next) = MergeBoundaries.character(text, at: at, end: end)
                if isCut[before * MergeBoundaries.width + code] { return at }
                before = code
                at = next
            }
            return end
        }
    }

    @inline(__always) private static func character(_ text: Bytes, at: Int, end: Int) -> (code: Int, next: Int) {
        let byte = text[at]
        if byte < 0x80 { return (Int(byte), at + 1) }
        if byte == 0xE2, at + 2 < end, text[at + 1] == 0x96, text[at + 2] == 0x81 { return (metaspace, at + 3) }
        return (other, at + text.scalar(at: at, end: end).length)
    }
}
