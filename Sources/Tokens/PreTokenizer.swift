/// How a normalised text is cut into the pieces that the model sees: `pre_tokenizer` of tokenizer.json.
struct PreTokenizer: Sendable {
    enum Step: Sendable {
        /// `WordScanner.gpt2Word`
        case gpt2
        /// `WordScanner.cl100kWord`
        case cl100k(digits: Int)
        case literal([UInt8], SplitBehaviour, invert: Bool)
        /// Numbers apart from the rest; each character of theirs alone if `individual`.
        case digits(individual: Bool)
        case metaspace([UInt8], PrependScheme, split: Bool)
        case whitespaceSplit
        /// Runs of word characters, and runs of others that are no white space: `\w+|[^\w\s]+` of Rust's regex crate.
        case whitespace
        /// BERT's: `BertNormalizer.isPunctuation`.
        case punctuation(SplitBehaviour)
        /// Any other regular expression.
        case pattern(Regex, SplitBehaviour, invert: Bool)
        /// A space in front of each piece that starts with none.
        case prefixSpace
        /// Writes bytes as `ByteSymbols`, and back.
        case byteSymbols, bytesOfSymbols
    }

    enum PrependScheme: Sendable { case always, first, never }

    var steps: [Step] = []
    /// The model's characters are `ByteSymbols`.
    var isByteLevel = false

    /// Whether it treats the start of the input like no other place.
    var asksForStart: Bool {
        steps.contains { if case .metaspace(_, .first, _) = $0 { true } else { false } }
    }
}

/// Where what a pattern matches goes.
enum SplitBehaviour: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
}

/// A text and the pieces of it that are left, in order. A text of which nothing is left has none.
struct Pieces {
    let text: Bytes
    var ranges: [Range<Int>]
    /// The first piece starts where the whole input starts.
    var startsInput: Bool
}

extension PreTokenizer {
    /// Calls `body` with the pieces of `text` in its final form.
    func withPieces(of text: Bytes, startsInput: Bool, _ body: (Pieces) -> Void) {
        guard !text.isEmpty else { return }
        PreTokenizer.run(steps[...], Pieces(text: text, ranges: [0..<text.count], startsInput: startsInput), body)
    }

    private static func run(_ steps: ArraySlice<Step>, _ pieces: Pieces, _ body: (Pieces) -> Void) {
        guard let step = steps.first else { return body(pieces) }
        let rest = steps.dropFirst()
        switch step {
        case .byteSymbols: rewrite(pieces, { $0.rebuilt(ByteSymbols.symbols) }, { run(rest, $0, body) })
        case .bytesOfSymbols: rewrite(pieces, { $0.rebuilt(ByteSymbols.bytes) }, { run(rest, $0, body) })
        case .prefixSpace: rewrite(pieces, { $0.prefixingSpace() }, { run(rest, $0, body) })
        case .metaspace(let mark, let scheme, let split):
            rewrite(pieces, { $0.markingSpaces(with: mark, scheme) }) { marked in
                run(rest, split ? marked.split(at: mark, .mergedWithNext, invert: false) : marked, body)
            }
        case .literal(let pattern, let behaviour, let invert): run(rest, pieces.split(at: pattern, behaviour, invert: invert), body)
        case .digits(let individual):
            run(rest, pieces.split(individual ? .isolated : .contiguous) { text, at, end in
                let scalar = text.scalar(at: at, end: end)
                return (scalar.length, scalar.isNumber)
            }, body)
        case .whitespaceSplit:
            run(rest, pieces.split(.removed) { text, at, end in
                let scalar = text.scalar(at: at, end: end)
                return (scalar.length, scalar.isSpace)
            }, body)
        case .whitespace: run(rest, pieces.split(.removed, invert: true, Pieces.wordOrSigns), body)
        case .punctuation(let behaviour):
            run(rest, pieces.split(behaviour) { text, at, end in
                let scalar = text.scalar(at: at, end: end)
                return (scalar.length, Unicode.Scalar(scalar.value).map(BertNormalizer.isPunctuation) ?? false)
            }, body)
        case .pattern(let regex, let behaviour, let invert): run(rest, pieces.split(by: regex, behaviour, invert: invert), body)
        case .gpt2: run(rest, pieces.words { $0.gpt2Word(from: $1) }, body)
        case .cl100k(let digits): run(rest, pieces.words { $0.cl100kWord(from: $1, digits: digits) }, body)
        }
    }

    /// The text that `body` sees lives as long as the call.
    private static func rewrite(_ pieces: Pieces, _ change: (Pieces) -> ([UInt8], [Range<Int>]), _ body: (Pieces) -> Void) {
        let (bytes, ranges) = change(pieces)
        bytes.withUnsafeBufferPointer { body(Pieces(text: $0, ranges: ranges, startsInput: pieces.startsInput)) }
    }
}

extension Pieces {
    /// Each piece cut into words.
    @inline(__always) func words(_ wordEnd: (WordScanner, Int) -> Int) -> Pieces {
        var result = self
        result.ranges.removeAll()
        result.ranges.reserveCapacity(text.count / 4)
        CharacterClass.table.withUnsafeBufferPointer { classes in
            for range in ranges {
                let scanner = WordScanner(text: text, end: range.upperBound, classes: classes)
                var at = range.lowerBound
                while at < range.upperBound {
                    let end = wordEnd(scanner, at)
                    result.ranges.append(at..<end)
                    at = end
                }
            }
        }
        return result
    }

    func split(at pattern: [UInt8], _ behaviour: SplitBehaviour, invert: Bool) -> Pieces {
        split(behaviour, invert: invert) { text, at, end in
            text.hasPrefix(pattern, at: at, end: end) ? (pattern.count, true) : (1, false)
        }
    }

    /// `match` tells how many bytes it looked at, and whether they are the delimiter. Bytes in a row that are none are one part.
    /// `invert` makes all else the delimiter.
    func split(_ behaviour: SplitBehaviour, invert: Bool = false, _ match: (Bytes, Int, Int) -> (Int, Bool)) -> Pieces {
        joining(behaviour, invert: invert) { parts(of: $0, match) }
    }

    /// Parts of no length come of empty matches, and are left out in the end.
    func split(by regex: Regex, _ behaviour: SplitBehaviour, invert: Bool) -> Pieces {
        joining(behaviour, invert: invert) { range in
            var parts: [SplitBehaviour.Part] = []
            regex.forEachPart(of: text, range) { parts.append(.init(range: $0, isMatch: $1)) }
            return parts
        }
    }

    private func joining(_ behaviour: SplitBehaviour, invert: Bool, _ parts: (Range<Int>) -> [SplitBehaviour.Part]) -> Pieces {
        var result = self
        result.ranges.removeAll()
        for range in ranges {
            let parts = parts(range)
            let joined = behaviour.join(invert ? parts.map { .init(range: $0.range, isMatch: !$0.isMatch) } : parts)
            result.ranges += joined.contains(where: \.isEmpty) ? joined.filter { !$0.isEmpty } : joined
        }
        if result.ranges.first?.lowerBound != ranges.first?.lowerBound { result.startsInput = false }
        return result
    }

    /// A run of `\w`, or of neither `\w` nor white space, at `at`.
    static func wordOrSigns(_ text: Bytes, _ start: Int, _ end: Int) -> (Int, Bool) {
        let first = text.scalar(at: start, end: end)
        guard !first.isSpace else { return (first.length, false) }
        var at = start + first.length
        while at < end, case let next = text.scalar(at: at, end: end), !next.isSpace, next.isWord == first.isWord { at += next.length }
        return (at - start, true)
    }

    private func parts(of range: Range<Int>, _ match: (Bytes, Int, Int) -> (Int, Bool)) -> [SplitBehaviour.Part] {
        var parts: [SplitBehaviour.Part] = []
        var at = range.lowerBound
        while at < range.upperBound {
            let (length, isMatch) = match(text, at, range.upperBound)
            if !isMatch, let last = parts.last, !last.isMatch {
                parts[parts.count - 1].range = last.range.lowerBound..<at + length
            } else {
                parts.append(.init(range: at..<at + length, isMatch: isMatch))
            }
            at += length
        }
        return parts
    }

    func prefixingSpace() -> ([UInt8], [Range<Int>]) {
        rebuilt { text, range in (text[range.lowerBound] == 0x20 ? [] : [0x20]) + text[range] }
    }

    func markingSpaces(with mark: [UInt8], _ scheme: PreTokenizer.PrependScheme) -> ([UInt8], [Range<Int>]) {
        var isFirst = startsInput
        return rebuilt { text, range in
            let marked = Array(text[range]).replacing([0x20], with: mark)
            let isPrepended = !marked.starts(with: mark) && (scheme == .always || scheme == .first && isFirst)
            isFirst = false
            return isPrepended ? mark + marked : marked
        }
    }

    fileprivate func rebuilt(_ change: (Bytes, Range<Int>) -> [UInt8]) -> ([UInt8], [Range<Int>]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + text.count / 2)
        let ranges = ranges.map { range in
            let start = bytes.count
            bytes += change(text, range)
            return start..<bytes.count
        }
        return (bytes, ranges)
    }
}

extension SplitBehaviour {
    struct Part {
        var range: Range<Int>
        let isMatch: Bool
    }

    func join(_ parts: [Part]) -> [Range<Int>] {
        switch self {
        case .isolated: parts.map(\.range)
        case .removed: parts.filter { !$0.isMatch }.map(\.range)
        case .contiguous: joined(parts) { $0.isMatch == $1.isMatch }
        case .mergedWithPrevious: joined(parts) { !$0.isMatch && $1.isMatch }
        case .mergedWithNext: joined(parts) { $0.isMatch && !$1.isMatch }
        }
    }

    private func joined(_ parts: [Part], _ belongs: (Part, Part) -> Bool) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for (index, part) in parts.enumerated() {
            if index > 0, let last = result.last, belongs(parts[index - 1], part) {
                result[result.count - 1] = last.lowerBound..<part.range.upperBound
            } else {
                result.append(part.range)
            }
        }
        return result
    }
}
