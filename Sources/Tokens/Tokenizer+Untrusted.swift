/// Texts parts of which come from somebody who is not to be trusted with special tokens.
extension Tokenizer {
    /// How careful encoding is with special tokens.
    enum Caution {
        case none
        /// The model never makes one of a piece, by whatever way a piece came to spell one.
        case inPieces
        /// Neither are they found in the text.
        case noSpecial
    }

    /// The tokens of a text, without those around it. Special tokens are found where no byte of them is in `untrusted`, ranges in order;
    /// what spells one elsewhere gets the tokens of its characters. Without anything of that kind the tokens are those of `encode`.
    public func encode(_ text: [UInt8], untrusted: [Range<Int>]) -> [Int32] {
        guard !untrusted.isEmpty else { return encode(text, addingSpecialTokens: false) }
        let guarded = UntrustedRanges(untrusted)
        var encoding = Encoding(bytes: text.count)
        text.withUnsafeBufferPointer { text in
            rawFinder.split(text, allowing: { !$0.isSpecial || !guarded.touch($1) }) { range, id in
                if let id { return encoding.ids.append(id) }
                encodeGuarded(text, range, guarded, into: &encoding)
            }
        }
        return encoding.ids
    }

    private func encodeGuarded(_ text: Bytes, _ range: Range<Int>, _ guarded: UntrustedRanges, into encoding: inout Encoding) {
        let segment = Bytes(rebasing: text[range])
        guard guarded.touch(range) else { return encodeSegment(segment, startsInput: range.lowerBound == 0, into: &encoding) }
        guard !specialFinder.isEmpty else {
            return encodeSegment(segment, startsInput: range.lowerBound == 0, .inPieces, into: &encoding)
        }
        // Special tokens that are looked for in the normalised text, which does not know where it came from: if there are as many as the
        // trusted text spells, they are those.
        var trusted: [(Range<Int>, Int32)] = []
        specialFinder.split(segment, allowing: { !guarded.touch($1.lowerBound + range.lowerBound..<$1.upperBound + range.lowerBound) }) {
            if let id = $1 { trusted.append(($0, id)) }
        }
        if countSpecial(segment) == trusted.count {
            return encodeSegment(segment, startsInput: range.lowerBound == 0, .inPieces, into: &encoding)
        }
        var done = 0
        for (place, id) in trusted + [(segment.count..<segment.count, -1)] {
            let part = Bytes(rebasing: segment[done..<max(done, place.lowerBound)])
            encodeSegment(part, startsInput: range.lowerBound + done == 0, .noSpecial, into: &encoding)
            if id >= 0 { encoding.ids.append(id) }
            done = place.upperBound
        }
    }

    private func countSpecial(_ segment: Bytes) -> Int {
        var count = 0
        normalizer.apply(to: Array(segment)).withUnsafeBufferPointer { text in
            normalizedFinder.split(text) { if let id = $1, isSpecial(id) { count += 1 } }
        }
        return count
    }

    /// Pieces that become a special token are cut in halves until they do not.
    func appendCautiously(_ pieces: Pieces, to encoding: inout Encoding) {
        for piece in pieces.ranges { appendCautiously(piece, of: pieces, to: &encoding) }
    }

    private func appendCautiously(_ piece: Range<Int>, of pieces: Pieces, to encoding: inout Encoding) {
        var part = pieces
        part.ranges = [piece]
        let start = encoding.ids.count
        encoding.append(part, with: model)
        guard encoding.ids[start...].contains(where: { isSpecial($0) && $0 != model.unknown }) else { return }
        encoding.ids.removeLast(encoding.ids.count - start)
        encoding.forgetWords()
        guard let middle = pieces.text.middle(of: piece) else {
            if let unknown = model.unknown { encoding.ids.append(unknown) }
            return
        }
        appendCautiously(piece.lowerBound..<middle, of: pieces, to: &encoding)
        appendCautiously(middle..<piece.upperBound, of: pieces, to: &encoding)
    }
}

/// Ranges in order, none over another.
struct UntrustedRanges {
    private let ranges: [Range<Int>]

    init(_ ranges: [Range<Int>]) { self.ranges = ranges.filter { !$0.isEmpty } }

    /// Whether any of them has a place in common with `range`.
    func touch(_ range: Range<Int>) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound <= range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].lowerBound < range.upperBound
    }
}

extension Bytes {
    /// A place between two characters about the middle; nil in a single character.
    fileprivate func middle(of range: Range<Int>) -> Int? {
        let half = range.lowerBound + range.count / 2
        var at = range.lowerBound, last = range.lowerBound
        while at < half || at == range.lowerBound {
            last = at
            at += scalar(at: at, end: range.upperBound).length
        }
        let middle = at < range.upperBound ? at : last
        return middle > range.lowerBound && middle < range.upperBound ? middle : nil
    }
}
