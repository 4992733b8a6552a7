import Basis

/// Learns a byte-level BPE tokenizer (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909, algorithm 1; over bytes as in GPT-2)
/// from text that comes piece by piece.
///
/// The result is, token for token and merge for merge, that of Hugging Face's `BpeTrainer` with the pre-tokenizer
/// `ByteLevel(add_prefix_space=False)` and the alphabet of all bytes, given the same texts; `MergeLearner` tells its rules. They part
/// only where a pair occurs 2^31 times: the library counts in 32 bits.
///
///     var trainer = BPETrainer(vocabulary: 4096, specialTokens: ["<|endoftext|>"])
///     for document in documents {
///         trainer.count(document)
///         trainer.endText()
///     }
///     let json = try trainer.train()
public struct BPETrainer: Sendable {
    let vocabulary: Int
    let specialTokens: [String]
    let minimumCount: Int
    private var words = WordCounts()

    /// `vocabulary` is how many tokens there will be: the special ones, a token a byte, and as many merges as there is room for. There are
    /// fewer where the text has no more pairs, and more where the first two kinds alone exceed it.
    ///
    /// The special tokens have the ids from 0 on, in their order; one named twice counts once. The texts are not searched for them.
    ///
    /// Pairs that occur less often than `minimumCount` are not merged. Any are by default, as in the library: models have a row for each
    /// token, so a vocabulary should have the size that was asked for.
    public init(vocabulary: Int, specialTokens: [String] = [], minimumCount: Int = 0) {
        self.vocabulary = vocabulary
        self.specialTokens = specialTokens
        self.minimumCount = minimumCount
    }

    /// Counts the words of the next piece of the text, which may end anywhere, in a word or a character: what it is cut into changes
    /// nothing. A byte that is not UTF-8 is a word of its own, as it is to `Tokenizer.encode`, and so never part of a merge.
    public mutating func count(_ text: UnsafeBufferPointer<UInt8>) { words.add(text) }

    public mutating func count(_ text: [UInt8]) { text.withUnsafeBufferPointer { count($0) } }

    public mutating func count(_ text: String) {
        var text = text
        text.withUTF8 { count($0) }
    }

    /// Ends a text: no word goes on from here to what is counted next. The library takes each element of an iterator for a text, and each
    /// line of a file.
    public mutating func endText() { words.endText() }

    /// The tokenizer as a tokenizer.json, byte for byte as the library saves it. More text may be counted afterwards.
    ///
    /// Throws a `Failure` if a special token is empty or there are too many different words (a gigabyte of them).
    public func train() throws -> [UInt8] {
        guard !specialTokens.contains("") else { throw Failure("a special token is empty") }
        var words = words
        words.endText()
        var learner = try MergeLearner(words, specialTokens: specialTokens)
        try learner.learn(vocabulary: vocabulary, minimumCount: minimumCount)
        return Array(learner.tokenizer(specialTokens: specialTokens).pretty.utf8)
    }
}
