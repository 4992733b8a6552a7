import Basis

/// The unigram language model (Kudo 2018, https://arxiv.org/abs/1804.10959, section 3.2), as SentencePiece has it: a piece becomes the
/// tokens whose scores, logarithms of probabilities, have the largest sum. Of equal sums the one found first wins: sums are made from
/// the left, shorter tokens first, in double precision, as in Hugging Face's tokenizers.
package struct Unigram: PieceModel, Sendable {
    let vocabulary: Vocabulary
    private let scores: [Double]
    private let trie: ByteTrie
    /// The token of a character that none has; nil if every piece can do without.
    let unknown: Int32?
    private let unknownScore: Double
    /// The tokens of bytes; any of them -1 if the vocabulary lacks it; all without byte fallback.
    private let byteTokens: [Int32]

    /// The best way to a place in the text: its last token, and where that begins.
    struct Path {
        var score = 0.0
        var start = -1
        var id: Int32 = -1
    }

    /// A token of the best way, from the end.
    struct Cut {
        var range: Range<Int>
        var id: Int32
    }

    /// Less than the least score by so much has a character that is no token (SentencePiece's kUnkPenalty).
    private static let unknownPenalty = 10.0
    /// Looking for tokens takes time with the length of the longest one at every place.
    private static let longestToken = 4096

    init(reading object: JSONObject, isByteLevel: Bool) throws {
        guard !isByteLevel else { throw Failure("model 'Unigram' behind a byte-level pre-tokenizer is not supported") }
        guard let entries = object["vocab"]?.arrayValue, !entries.isEmpty else { throw Failure("the model has no array 'vocab'") }
        var (vocabulary, scores) = (Vocabulary(capacity: entries.count), [Double]())
        var trie = ByteTrie(capacity: entries.count * 4)
        for (index, entry) in entries.enumerated() {
            let (token, score) = try Unigram.entry(entry, index)
            let id = Int32(truncatingIfNeeded: index)
            try vocabulary.add(token, id: id)
            scores.append(score)
            trie.add(token.utf8, number: id)
        }
        (self.vocabulary, self.scores, self.trie) = (vocabulary, scores, trie)
        unknown = try Unigram.unknown(object["unk_id"], entries.count)
        unknownScore = (scores.min() ?? 0) - Unigram.unknownPenalty
        byteTokens = FirstSymbols.byteTokens(object, vocabulary)
        guard unknown != nil || !byteTokens.contains(-1) else { throw Failure("the model has no 'unk_id'") }
    }

    private static func entry(_ json: JSON, _ index: Int) throws -> (String, Double) {
        guard let pair = json.arrayValue, pair.count == 2, let token = pair[0].stringValue, let score = pair[1].doubleValue else {
            throw Failure("token \(index) is no pair of a text and a score")
        }
        guard score.isFinite else { throw Failure("token '\(token)' has no finite score") }
        guard token.utf8.count <= longestToken else { throw Failure("token \(index) has more than \(longestToken) bytes") }
        return (token, score)
    }

    private static func unknown(_ json: JSON?, _ count: Int) throws -> Int32? {
        guard let json, !json.isNull else { return nil }
        guard let id = json.intValue, (0..<count).contains(id) else { throw Failure("'unk_id' is no token") }
        return Int32(truncatingIfNeeded: id)
    }
}

extension Unigram {
    func append(_ text: Bytes, _ range: Range<Int>, to ids: inout [Int32], _ scratch: inout PieceScratch) {
        findPaths(text, range, &scratch.paths)
        collectCuts(range, &scratch)
        for cut in scratch.cuts.reversed() { append(cut, of: text, to: &ids) }
    }

    /// `paths[i]` is the best way from the start to the byte i of the piece; Viterbi's algorithm.
    private func findPaths(_ text: Bytes, _ range: Range<Int>, _ paths: inout [Path]) {
        paths.removeAll(keepingCapacity: true)
        paths += repeatElement(Path(), count: range.count + 1)
        paths.withUnsafeMutableBufferPointer { paths in
            var at = range.lowerBound
            while at < range.upperBound {
                let length = text.scalar(at: at, end: range.upperBound).length, start = at - range.lowerBound
                let score = paths[start].score
                var isKnown = false
                trie.forEachPrefix(of: text, at: at, end: range.upperBound) { id, end in
                    Unigram.improve(&paths[end - range.lowerBound], score + scores[Int(id)], start, id)
                    if end - at == length { isKnown = true }
                }
                if !isKnown { Unigram.improve(&paths[start + length], score + unknownScore, start, unknown ?? -1) }
                at += length
            }
        }
    }

    @inline(__always) private static func improve(_ path: inout Path, _ score: Double, _ start: Int, _ id: Int32) {
        guard path.start < 0 || score > path.score else { return }
        path = Path(score: score, start: start, id: id)
    }

    /// The tokens of the best way, from the last to the first; unknown ones in a row become one.
    private func collectCuts(_ range: Range<Int>, _ scratch: inout PieceScratch) {
        scratch.cuts.removeAll(keepingCapacity: true)
        var end = range.count
        while end > 0 {
            let path = scratch.paths[end]
            if path.id == unknown ?? -1, let last = scratch.cuts.last, last.id == path.id {
                scratch.cuts[scratch.cuts.count - 1].range = range.lowerBound + path.start..<last.range.upperBound
            } else {
                scratch.cuts.append(Cut(range: range.lowerBound + path.start..<range.lowerBound + end, id: path.id))
            }
            end = path.start
        }
    }

    private func append(_ cut: Cut, of text: Bytes, to ids: inout [Int32]) {
        guard cut.id == unknown ?? -1 else { return ids.append(cut.id) }
        // What the way took for unknown may be spelled as a token, for instance as the unknown one.
        if let id = vocabulary.id(of: Bytes(rebasing: text[cut.range])) { return ids.append(id) }
        if text[cut.range].allSatisfy({ byteTokens[Int($0)] >= 0 }) {
            for byte in text[cut.range] { ids.append(byteTokens[Int(byte)]) }
        } else if let unknown {
            ids.append(unknown)
        }
    }
}
