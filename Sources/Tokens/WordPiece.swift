import Basis

/// WordPiece as BERT uses it (Devlin et al. 2018, https://arxiv.org/abs/1810.04805; tokenization.py of its code): of a word the longest
/// token that it begins with, then, marked as going on (`##`), the longest that the rest begins with. A word with a part that is no
/// token, or of too many characters, is unknown as a whole.
package struct WordPiece: PieceModel, Sendable {
    let vocabulary: Vocabulary
    private let trie: ByteTrie
    /// Where tokens lie that go on with a word; nil if there are none.
    private let rest: UInt32?
    let unknown: Int32
    private let longestWord: Int

    init(reading object: JSONObject, isByteLevel: Bool) throws {
        guard !isByteLevel else { throw Failure("model 'WordPiece' behind a byte-level pre-tokenizer is not supported") }
        let vocabulary = try Vocabulary(reading: object["vocab"])
        var trie = ByteTrie(capacity: vocabulary.count * 4)
        for id in 0..<Int32(truncatingIfNeeded: vocabulary.idEnd) {
            if let token = vocabulary.token(id) { trie.add(token, number: id) }
        }
        (self.vocabulary, self.trie) = (vocabulary, trie)
        rest = trie.node(after: (object["continuing_subword_prefix"]?.stringValue ?? "##").utf8)
        unknown = try vocabulary.unknown(object["unk_token"]?.stringValue ?? "[UNK]")
        longestWord = object["max_input_chars_per_word"]?.intValue ?? 100
        guard longestWord >= 0 else { throw Failure("'max_input_chars_per_word' is negative") }
    }

    func append(_ text: Bytes, _ range: Range<Int>, to ids: inout [Int32], _ scratch: inout PieceScratch) {
        let start = ids.count
        guard text.characterCount(of: range) <= longestWord else { return ids.append(unknown) }
        var at = range.lowerBound
        while at < range.upperBound {
            guard let root = at == range.lowerBound ? 0 : rest,
                let found = trie.longestPrefix(of: text, at: at, end: range.upperBound, from: root)
            else {
                ids.removeLast(ids.count - start)
                return ids.append(unknown)
            }
            ids.append(found.number)
            at = found.end
        }
    }
}

/// A token for each word, and one for all others.
package struct WordLevel: PieceModel, Sendable {
    let vocabulary: Vocabulary
    let unknown: Int32

    init(reading object: JSONObject, isByteLevel: Bool) throws {
        guard !isByteLevel else { throw Failure("model 'WordLevel' behind a byte-level pre-tokenizer is not supported") }
        vocabulary = try Vocabulary(reading: object["vocab"])
        unknown = try vocabulary.unknown(object["unk_token"]?.stringValue ?? "<unk>")
    }

    func append(_ text: Bytes, _ range: Range<Int>, to ids: inout [Int32], _ scratch: inout PieceScratch) {
        ids.append(vocabulary.id(of: Bytes(rebasing: text[range])) ?? unknown)
    }
}

extension Vocabulary {
    /// The id of the token that stands for what is unknown.
    fileprivate func unknown(_ token: String) throws -> Int32 {
        guard let id = id(of: token) else { throw Failure("unk_token '\(token)' is not in the vocabulary") }
        return id
    }
}

extension Bytes {
    /// How many characters are in `range`; a byte that is part of none is one.
    func characterCount(of range: Range<Int>) -> Int {
        var (at, count) = (range.lowerBound, 0)
        while at < range.upperBound {
            at += scalar(at: at, end: range.upperBound).length
            count += 1
        }
        return count
    }
}
