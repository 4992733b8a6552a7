/// Byte-pair encoding learnt as its definition says: all pairs are counted anew before each merge.
struct NaiveTrainer {
    /// Tokens as they are spelled, in UTF-8.
    private(set) var tokens: [[UInt8]] = []
    private(set) var merges: [[[UInt8]]] = []
    private var words: [(symbols: [Int], count: Int)] = []

    private struct Pair: Hashable {
        let left: Int
        let right: Int
    }

    /// Learns from words that are cut already.
    init(_ counts: [[UInt8]: Int], vocabulary: Int, special: [String], minimum: Int) {
        for token in special { _ = id(Array(token.utf8)) }
        let spellings = NaiveTrainer.spellings
        for symbol in spellings.sorted(by: { $0.value < $1.value }) { _ = id(Array(String(symbol).utf8)) }
        words = counts.map { word, count in (word.map { id(Array(String(spellings[Int($0)]).utf8)) }, count) }
        while tokens.count < vocabulary, let (pair, count) = best, count >= minimum { merge(pair) }
    }

    /// GPT-2's symbols: a byte is its Latin-1 character if that can be seen, otherwise one from U+0100 on.
    private static var spellings: [Unicode.Scalar] {
        let visible = Array(33...126) + Array(161...172) + Array(174...255)
        let hidden = (0...255).filter { !visible.contains($0) }
        return (0...255).map { byte in
            Unicode.Scalar(UInt32(hidden.firstIndex(of: byte).map { 256 + $0 } ?? byte)) ?? " "
        }
    }

    private mutating func id(_ token: [UInt8]) -> Int {
        if let id = tokens.firstIndex(of: token) { return id }
        tokens.append(token)
        return tokens.count - 1
    }

    private var best: (Pair, Int)? {
        var counts: [Pair: Int] = [:]
        for word in words {
            for (left, right) in zip(word.symbols, word.symbols.dropFirst()) { counts[Pair(left: left, right: right), default: 0] += word.count }
        }
        return counts.max { ($0.value, -$0.key.left, -$0.key.right) < ($1.value, -$1.key.left, -$1.key.right) }
    }

    private mutating func merge(_ pair: Pair) {
        merges.append([tokens[pair.left], tokens[pair.right]])
        let merged = id(tokens[pair.left] + tokens[pair.right])
        for word in words.indices {
            var at = 0
            while at + 1 < words[word].symbols.count {
                if words[word].symbols[at] == pair.left, words[word].symbols[at + 1] == pair.right {
                    words[word].symbols.replaceSubrange(at...at + 1, with: [merged])
                }
                at += 1
            }
        }
    }
}
