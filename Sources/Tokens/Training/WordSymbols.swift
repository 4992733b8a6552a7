import Basis

/// The different words of a text as symbols, which become fewer as pairs of them are merged.
struct WordSymbols {
    private var symbols: [UInt32] = []
    private var starts: [Int] = []
    private var lengths: [Int] = []
    /// How often each word occurs.
    private let counts: [Int]

    /// More bytes would give more places of pairs than their numbers have bits for.
    private static let limit = 1 << 30

    /// `single` is the symbol of each byte. Throws a `Failure` where there are too many words.
    init(_ words: WordCounts, single: [UInt32]) throws {
        guard words.words.size <= WordSymbols.limit else { throw Failure("the text has more than a gigabyte of different words") }
        counts = words.counts
        symbols.reserveCapacity(words.words.size)
        for number in 0..<words.words.count {
            starts.append(symbols.count)
            for byte in words.words[number] { symbols.append(single[Int(byte)]) }
            lengths.append(symbols.count - starts[number])
        }
    }

    /// Adds the pairs of all words.
    func addPairs(to pairs: inout PairOccurrences) {
        for word in starts.indices {
            let start = starts[word]
            for at in start..<start + max(lengths[word] - 1, 0) {
                pairs.add(symbols[at], symbols[at + 1], times: counts[word], in: UInt32(truncatingIfNeeded: word))
            }
        }
    }

    /// Makes one symbol of each `left` followed by `right` in a word, from its start, and keeps count of the pairs that its
    /// neighbours are in. The pair's own count is left alone: nobody asks for it again.
    mutating func merge(_ left: UInt32, _ right: UInt32, into merged: UInt32, in word: UInt32, _ pairs: inout PairOccurrences) {
        let (start, count) = (starts[Int(word)], counts[Int(word)])
        let end = start + lengths[Int(word)]
        var (from, to) = (start, start)
        while from < end {
            if from + 1 < end, symbols[from] == left, symbols[from + 1] == right {
                if to > start {
                    pairs.remove(symbols[to - 1], left, times: count)
                    pairs.add(symbols[to - 1], merged, times: count, in: word)
                }
                if from + 2 < end {
                    pairs.remove(right, symbols[from + 2], times: count)
                    pairs.add(merged, symbols[from + 2], times: count, in: word)
                }
                symbols[to] = merged
                from += 2
            } else {
                symbols[to] = symbols[from]
                from += 1
            }
            to += 1
        }
        lengths[Int(word)] = to - start
    }
}
