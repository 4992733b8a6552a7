/// Byte-pair encoding (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909): a piece of text starts as one symbol a character
/// (or a byte), then the neighbours whose merge has the lowest rank become one symbol, the leftmost first, until none can.
package struct BPE: Sendable {
    var vocabulary: Vocabulary
    /// (left id, right id) to (rank, id of both as one token), each pair of 32-bit numbers in one of 64.
    var merges: PairTable
    package var firstSymbols: FirstSymbols
    /// A piece that is a token is that token, whatever the merges say.
    var ignoreMerges: Bool
    /// Where a piece may be cut without changing its tokens; nil where pieces are words already.
    package var boundaries: MergeBoundaries?

    static func merge(rank: UInt32, id: Int32) -> UInt64 { UInt64(rank) << 32 | UInt64(UInt32(bitPattern: id)) }
}

/// How a character becomes a model's first symbols, before any merge.
package struct FirstSymbols: Sendable {
    /// Each byte stands for itself (through its symbol of `ByteSymbols`); otherwise each character does.
    var isByteLevel: Bool
    /// The id of each byte's symbol (byte level) or of each ASCII character; -1 if the vocabulary lacks it.
    var single: [Int32] = Array(repeating: -1, count: 256)
    /// The ids of other characters that are tokens, 256 to a page; `pages[value >> 8]` is the page's number or -1.
    var pages: [Int16] = []
    var paged: [Int32] = []
    /// The ids of `<0x00>`...`<0xFF>`, -1 if the vocabulary lacks one; all -1 without byte fallback.
    var byteTokens: [Int32] = Array(repeating: -1, count: 256)
    var unknown: Int32?
    /// Unknown characters in a row are one symbol.
    var fusesUnknown = false

    @inline(__always) func id(ofScalar value: UInt32) -> Int32 {
        let page = Int(value >> 8)
        guard page < pages.count, pages[page] >= 0 else { return -1 }
        return paged[Int(pages[page]) << 8 | Int(value & 0xFF)]
    }

    mutating func set(scalar value: UInt32, to id: Int32) {
        if value < 0x80 { single[Int(value)] = id }
        if pages.isEmpty { pages = Array(repeating: -1, count: 0x1100) }
        let page = Int(value >> 8)
        if pages[page] < 0 {
            pages[page] = Int16(truncatingIfNeeded: paged.count >> 8)
            paged += repeatElement(-1, count: 256)
        }
        paged[Int(pages[page]) << 8 | Int(value & 0xFF)] = id
    }
}

extension FirstSymbols {
    /// The first symbols of `piece`.
    package func append(_ text: UnsafeBufferPointer<UInt8>, _ piece: Range<Int>, to symbols: inout [Int32]) {
        var waiting: Int32?
        var at = piece.lowerBound
        while at < piece.upperBound {
            let byte = text[at]
            if isByteLevel || byte < 0x80 {
                let id = single[Int(byte)]
                if id >= 0 { add(id, &waiting, to: &symbols) } else { missingByte(byte, &waiting, to: &symbols) }
                at += 1
            } else {
                let scalar = text.scalar(at: at, end: piece.upperBound)
                let id = id(ofScalar: scalar.value)
                if id >= 0 { add(id, &waiting, to: &symbols) } else { missing(text[at..<at + scalar.length], &waiting, to: &symbols) }
                at += scalar.length
            }
        }
        if let waiting { symbols.append(waiting) }
    }

    @inline(__always) private func add(_ id: Int32, _ waiting: inout Int32?, to symbols: inout [Int32]) {
        if let unknown = waiting {
            symbols.append(unknown)
            waiting = nil
        }
        symbols.append(id)
    }

    private func missingByte(_ byte: UInt8, _ waiting: inout Int32?, to symbols: inout [Int32]) {
        guard isByteLevel else { return missing(CollectionOfOne(byte), &waiting, to: &symbols) }
        missing(UTF8.encode(ByteSymbols.scalars[Int(byte)]) ?? .init(), &waiting, to: &symbols)
    }

    /// A character that is no token: its bytes if all have tokens, else unknown, else nothing. An unknown one waits for the next known
    /// character and so comes after bytes that follow it, as in Hugging Face's tokenizers.
    private func missing(_ bytes: some Collection<UInt8>, _ waiting: inout Int32?, to symbols: inout [Int32]) {
        if bytes.allSatisfy({ byteTokens[Int($0)] >= 0 }) {
            for byte in bytes { symbols.append(byteTokens[Int(byte)]) }
        } else if let unknown {
            if let before = waiting, !fusesUnknown { symbols.append(before) }
            waiting = unknown
        }
    }
}
