/// The work of one `encode`: the ids so far, scratch space, and the words seen with where their ids stand.
struct Encoding {
    var ids: [Int32] = []
    var symbols: [Int32] = []
    var scratch = MergeScratch()
    var pieceScratch = PieceScratch()
    private var words: WordCache

    init(bytes: Int) {
        words = WordCache(bytes: bytes)
        ids.reserveCapacity(bytes / 4 + 8)
    }
}

extension Encoding {
    /// What is remembered points to ids that are taken back.
    mutating func forgetWords() { words.clear() }

    /// Appends the ids of the pieces of the pre-tokenizer.
    mutating func append(_ pieces: Pieces, with model: Model) {
        switch model {
        case .bpe(let model): for piece in pieces.ranges { append(piece, of: pieces.text, with: model) }
        case .unigram(let model): append(pieces, with: model)
        case .wordPiece(let model): append(pieces, with: model)
        case .wordLevel(let model): append(pieces, with: model)
        }
    }

    private mutating func append(_ pieces: Pieces, with model: some PieceModel) {
        for piece in pieces.ranges {
            remembering(piece, of: pieces.text) { encoding in
                model.append(pieces.text, piece, to: &encoding.ids, &encoding.pieceScratch)
            }
        }
    }

    private mutating func append(_ piece: Range<Int>, of text: Bytes, with model: BPE) {
        guard let boundaries = model.boundaries else { return appendWord(piece, of: text, with: model) }
        if model.ignoreMerges, let id = model.wholeToken(text, piece) { return ids.append(id) }
        var at = piece.lowerBound
        while at < piece.upperBound {
            let end = boundaries.end(of: text, from: at, to: piece.upperBound)
            appendWord(at..<end, of: text, with: model)
            at = end
        }
    }

    /// Appends the ids of a piece that is not cut any further.
    @inline(__always) private mutating func appendWord(_ piece: Range<Int>, of text: Bytes, with model: BPE) {
        remembering(piece, of: text) { $0.merge(piece, of: text, with: model) }
    }

    /// Appends the ids of a piece from memory if it has been seen, else by `encode`.
    @inline(__always) private mutating func remembering(_ piece: Range<Int>, of text: Bytes, _ encode: (inout Encoding) -> Void) {
        guard let key = words.key(text, piece) else { return encode(&self) }
        if let known = words.find(key) {
            for index in known { ids.append(ids[index]) }
            return
        }
        let start = ids.count
        encode(&self)
        words.remember(key, start..<ids.count)
    }

    private mutating func merge(_ piece: Range<Int>, of text: Bytes, with model: BPE) {
        if model.ignoreMerges, model.boundaries == nil, let id = model.wholeToken(text, piece) { return ids.append(id) }
        symbols.removeAll(keepingCapacity: true)
        model.firstSymbols.append(text, piece, to: &symbols)
        model.merge(&symbols, &scratch)
        ids += symbols
    }
}

extension BPE {
    /// The token that a whole piece is.
    func wholeToken(_ text: Bytes, _ piece: Range<Int>) -> Int32? {
        let bytes = Bytes(rebasing: text[piece])
        guard firstSymbols.isByteLevel else { return vocabulary.id(of: bytes) }
        var token = String.UnicodeScalarView()
        for byte in bytes { token.append(ByteSymbols.scalars[Int(byte)]) }
        return vocabulary.id(of: String(token))
    }
}

/// Words of up to 15 bytes and where in the output their ids stand. A word that falls into another's place takes it.
struct WordCache {
    struct Key {
        let low: UInt64
        /// The word's last bytes, its length in the highest byte.
        let high: UInt64
    }

    private struct Entry {
        var key = Key(low: 0, high: 0)
        var start = 0
        var count = 0
    }

    private var entries: [Entry]
    private static let size = 1 << 14

    /// For a text of `bytes`; a short one is not worth remembering words.
    init(bytes: Int) {
        entries = bytes < 2048 ? [] : Array(repeating: Entry(), count: bytes < 1 << 18 ? 1 << 10 : WordCache.size)
    }

    /// Nil for a word that is not to be remembered.
    @inline(__always) func key(_ text: Bytes, _ piece: Range<Int>) -> Key? {
        let count = piece.count
        guard !entries.isEmpty, count < 16, let base = text.baseAddress else { return nil }
        let start = UnsafeRawPointer(base + piece.lowerBound)
        let length = UInt64(count) << 56
        guard text.count - piece.lowerBound >= 16 else { return slowKey(text, piece) }
        let low = start.loadUnaligned(as: UInt64.self)
        if count < 8 { return Key(low: low & (1 << UInt64(count * 8) &- 1), high: length) }
        let high = start.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        return Key(low: low, high: high & (1 << UInt64((count - 8) * 8) &- 1) | length)
    }

    private func slowKey(_ text: Bytes, _ piece: Range<Int>) -> Key {
        var (low, high): (UInt64, UInt64) = (0, UInt64(piece.count) << 56)
        for (index, at) in piece.enumerated() {
            if index < 8 { low |= UInt64(text[at]) << UInt64(index * 8) } else { high |= UInt64(text[at]) << UInt64((index - 8) * 8) }
        }
        return Key(low: low, high: high)
    }

    @inline(__always) private func slot(_ key: Key) -> Int {
        let mixed = (key.low ^ key.high &* 0x9E37_79B9_7F4A_7C15) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed >> 40) & (entries.count - 1)
    }

    @inline(__always) func find(_ key: Key) -> Range<Int>? {
        let entry = entries[slot(key)]
        return entry.key.low == key.low && entry.key.high == key.high ? entry.start..<entry.start + entry.count : nil
    }

    mutating func clear() { entries = Array(repeating: Entry(), count: entries.count) }

    mutating func remember(_ key: Key, _ ids: Range<Int>) {
        entries[slot(key)] = Entry(key: key, start: ids.lowerBound, count: ids.count)
    }
}
