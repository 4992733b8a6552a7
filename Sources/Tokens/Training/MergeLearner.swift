import Basis

/// Chooses merges: again and again the pair of symbols that occurs most often, in all words together, becomes a token.
///
/// What the paper leaves open is done as Hugging Face's `BpeTrainer` (tokenizers 0.23) does it:
///
/// - Of pairs that occur equally often, that of the lower ids is merged, left compared before right.
/// - Special tokens come first, then the bytes' symbols by code point, then what merges make. What is a token already keeps its id, and
///   the merge that makes it is noted like any other: `the` may be a special token, and `t` and `he` are merged all the same.
///
/// Pairs wait in a queue with the count that they had when they came up. Counts only fall, so the first is the right one if its count still
/// holds; otherwise it goes back with its new one. That they only fall is because no token is made by two merges: a string of bytes that no
/// merge has reached out of is cut in the same tokens wherever it occurs, for the same merges have gone over it from the left, so the first
/// merge that makes one token of it does so everywhere. A pair therefore comes up once, with the younger of its tokens.
struct MergeLearner {
    private(set) var vocabulary = Vocabulary(capacity: 1 << 12)
    private(set) var merges: [(left: UInt32, right: UInt32)] = []
    private var words: WordSymbols
    private var pairs = PairOccurrences()
    private var queue = Heap<QueuedPair>()

    init(_ counts: WordCounts, specialTokens: [String]) throws {
        for token in specialTokens { _ = try MergeLearner.id(of: token, in: &vocabulary) }
        var single = [UInt32](repeating: 0, count: 256)
        let symbols = ByteSymbols.scalars.enumerated().sorted { $0.element.value < $1.element.value }
        for (byte, symbol) in symbols { single[byte] = try MergeLearner.id(of: String(symbol), in: &vocabulary) }
        words = try WordSymbols(counts, single: single)
        words.addPairs(to: &pairs)
        pairs.takeNew { queue.add($0) }
        queue.order()
    }

    /// The token's id, which is the next one if it is new.
    private static func id(of token: String, in vocabulary: inout Vocabulary) throws -> UInt32 {
        if let id = vocabulary.id(of: token) { return UInt32(bitPattern: id) }
        let id = Int32(truncatingIfNeeded: vocabulary.count)
        try vocabulary.add(token, id: id)
        return UInt32(bitPattern: id)
    }

    func token(_ id: UInt32) -> String {
        String(decoding: vocabulary.token(Int32(bitPattern: id)) ?? [], as: UTF8.self)
    }

    /// Merges until there are so many tokens, or no pair is left that occurs so often.
    mutating func learn(vocabulary size: Int, minimumCount: Int) throws {
        while vocabulary.count < size, var top = queue.pop() {
            let count = pairs.count(of: top)
            if top.count == count {
                guard count >= max(minimumCount, 1) else { return }
                try merge(top)
            } else {
                top.count = count
                queue.push(top)
            }
        }
    }

    private mutating func merge(_ pair: QueuedPair) throws {
        let merged = try MergeLearner.id(of: token(pair.left) + token(pair.right), in: &vocabulary)
        merges.append((pair.left, pair.right))
        for word in pairs.words(of: pair) { words.merge(pair.left, pair.right, into: merged, in: word, &pairs) }
        pairs.takeNew { queue.push($0) }
    }
}
