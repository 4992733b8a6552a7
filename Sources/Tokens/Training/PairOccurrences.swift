/// How often each pair of neighbouring symbols occurs, and in which words.
///
/// A pair comes up with the merge that makes the younger of its two symbols, in all of its words at once, and never again later
/// (`MergeLearner` says why). From then on its count only falls, and its words are at most those.
struct PairOccurrences {
    private struct Pair {
        let key: UInt64
        var count = 0
        /// The last of its words, a node.
        var last = PairOccurrences.none
    }

    /// A word of a list and the one before it.
    private struct Node {
        let word: UInt32
        let previous: UInt32
    }

    private static let none = UInt32.max

    /// Two symbols to the pair's position in `pairs`.
    private var positions = PairTable(capacity: 1 << 10)
    private var pairs: [Pair] = []
    private var nodes: [Node] = []
    /// How many pairs are not new any more.
    private var known = 0

    /// Sees a pair `times` times more in `word`.
    mutating func add(_ left: UInt32, _ right: UInt32, times: Int, in word: UInt32) {
        let pair = position(left, right)
        pairs[pair].count += times
        let last = pairs[pair].last
        if last != PairOccurrences.none, nodes[Int(last)].word == word { return }
        pairs[pair].last = UInt32(truncatingIfNeeded: nodes.count)
        nodes.append(Node(word: word, previous: last))
    }

    /// Sees a pair that is there `times` times less.
    mutating func remove(_ left: UInt32, _ right: UInt32, times: Int) { pairs[position(left, right)].count -= times }

    private mutating func position(_ left: UInt32, _ right: UInt32) -> Int {
        let key = PairTable.key(left, right)
        let found = positions[key]
        if found != PairTable.missing { return Int(truncatingIfNeeded: found) }
        positions.set(key, UInt64(pairs.count))
        pairs.append(Pair(key: key))
        return pairs.count - 1
    }

    /// Calls `body` with each pair that has come up since the last call and is still there.
    mutating func takeNew(_ body: (QueuedPair) -> Void) {
        for position in known..<pairs.count where pairs[position].count > 0 {
            body(QueuedPair(count: pairs[position].count, key: pairs[position].key, position: position))
        }
        known = pairs.count
    }

    func count(of pair: QueuedPair) -> Int { pairs[pair.position].count }

    /// The words that the pair may be in.
    func words(of pair: QueuedPair) -> [UInt32] {
        var words: [UInt32] = []
        var at = pairs[pair.position].last
        while at != PairOccurrences.none {
            words.append(nodes[Int(at)].word)
            at = nodes[Int(at)].previous
        }
        return words
    }
}

/// A pair that waits for its merge, the most frequent one first, of equal ones that of the lower symbols, left before right.
struct QueuedPair: Comparable {
    /// At the time when it was put into the queue.
    var count: Int
    let key: UInt64
    /// Its place among `PairOccurrences`.
    let position: Int

    var left: UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
    var right: UInt32 { UInt32(truncatingIfNeeded: key) }

    static func < (first: QueuedPair, second: QueuedPair) -> Bool {
        first.count != second.count ? first.count > second.count : first.key < second.key
    }
}
