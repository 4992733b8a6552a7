import Basis
import Testing
import Tokens

/// What a tokenizer.json holds, spelled in UTF-8.
private struct Learnt: Equatable {
    let tokens: [[UInt8]]
    let merges: [[[UInt8]]]

    init(_ naive: NaiveTrainer) { (tokens, merges) = (naive.tokens, naive.merges) }

    init(json: [UInt8]) throws {
        let model = try #require(try JSON(parsing: json)["model"])
        let vocabulary = try #require(model["vocab"]?.objectValue).members
        #expect(vocabulary.map(\.value.intValue) == Array(0..<vocabulary.count))
        tokens = vocabulary.map { Array($0.key.utf8) }
        merges = try #require(model["merges"]?.arrayValue).map { merge in
            try #require(merge.arrayValue).map { Array(try #require($0.stringValue).utf8) }
        }
    }
}

@Suite struct TrainingTests {
    /// Words of one script or of bytes that are no character, which the pattern cuts at spaces alone.
    private func words(_ noise: inout Noise) -> [[UInt8]] {
        let alphabets = ["a", "ab", "abc", "aé", "世界", "abcdefgh", "жñq"]
        let letters = Array(alphabets.randomElement(using: &noise) ?? "a")
        let longest = Int.random(in: 1...30, using: &noise)
        return (0..<Int.random(in: 0...120, using: &noise)).map { _ in
            let word = (0..<Int.random(in: 1...longest, using: &noise)).map { _ in letters.randomElement(using: &noise) ?? "a" }
            return Array((" " + String(word)).utf8)
        }
    }

    @Test(arguments: 0..<150) func `a recount before each merge gives the same`(seed: Int) throws {
        var noise = Noise(UInt64(seed))
        let words = words(&noise)
        let counts = Dictionary(words.map { ($0, 1) }, uniquingKeysWith: +)
        let vocabulary = [0, 256, 257, 262, 280, 300, 340].randomElement(using: &noise) ?? 0
        let minimum = [1, 1, 2, 3, 10].randomElement(using: &noise) ?? 1
        let special = [[], ["<s>"], ["ab", "a", "ab"], ["Ġa", "aaa", "é"]].randomElement(using: &noise) ?? []
        var trainer = BPETrainer(vocabulary: vocabulary, specialTokens: special, minimumCount: minimum)
        trainer.count(words.flatMap { $0 })
        let naive = NaiveTrainer(counts, vocabulary: vocabulary, special: special, minimum: minimum)
        #expect(try Learnt(json: trainer.train()) == Learnt(naive))
    }

    private func trained(_ texts: [[[UInt8]]], vocabulary: Int = 300) throws -> [UInt8] {
        var trainer = BPETrainer(vocabulary: vocabulary)
        for pieces in texts {
            for piece in pieces { trainer.count(piece) }
            trainer.endText()
        }
        return try trainer.train()
    }

    /// Everything that a word's end may depend on, at places that a cut can fall into.
    private let awkward = Array("'re 'r x're'll 'v\u{3000}\u{3000}x \u{3000}\u{2029}\u{3000}y 世界 🙂\u{a0}\u{2028}\n\n x  \t y 's12é".utf8)

    @Test func `where a text is cut changes nothing`() throws {
        var noise = Noise(11)
        let text = awkward + [0xE3, 0x80] + awkward + [0xF0, 0x9F, 0x20, 0xFF, 0x20] + noise.text(400) + awkward
        let whole = try trained([[text]])
        for at in 0...text.count { #expect(try trained([[Array(text[..<at]), Array(text[at...])]]) == whole, "cut at \(at)") }
        for length in [1, 2, 3, 7, 50] {
            let pieces = stride(from: 0, to: text.count, by: length).map { Array(text[$0..<min($0 + length, text.count)]) }
            #expect(try trained([pieces]) == whole, "pieces of \(length)")
        }
    }

    /// Longer than what is looked at in one go, with words that do not end for long.
    @Test func `where a long text is cut changes nothing`() throws {
        var noise = Noise(12)
        let long = Array(String(repeating: "abc", count: 100_000).utf8) + Array(repeating: 0x20, count: 200_000)
        let text = noise.text(1_200_000) + long + awkward
        let whole = try trained([[text]])
        for length in [1000, 65_537, 1_048_583] {
            let pieces = stride(from: 0, to: text.count, by: length).map { Array(text[$0..<min($0 + length, text.count)]) }
            #expect(try trained([pieces]) == whole, "pieces of \(length)")
        }
    }

    @Test func `no word goes over a text's end`() throws {
        #expect(try Learnt(json: trained([["ab", "ab"].map { Array($0.utf8) }])).merges.count == 2)
        #expect(try Learnt(json: trained([[Array("ab".utf8)], [Array("ab".utf8)]])).merges.count == 1)
        #expect(try trained([[], [Array("ab".utf8)], [], []]) == trained([[Array("ab".utf8)]]))
    }

    @Test func `more text may be counted afterwards`() throws {
        var trainer = BPETrainer(vocabulary: 300)
        trainer.count("the ki")
        let first = try trainer.train()
        #expect(try trainer.train() == first)
        trainer.count("ng the kin")
        #expect(try trainer.train() == trained([[Array("the king the kin".utf8)]]))
    }

    @Test func `what was learnt gives any bytes back`() throws {
        var noise = Noise(13)
        var trainer = BPETrainer(vocabulary: 500, specialTokens: ["<s>", "the "])
        trainer.count(noise.text(5000))
        let tokenizer = try Tokenizer(json: trainer.train())
        #expect(tokenizer.vocabularySize == 500 && tokenizer.id("<s>") == 0 && tokenizer.isSpecial(1) && !tokenizer.isSpecial(2))
        for length in 0..<200 {
            let bytes = length.isMultiple(of: 2) ? noise.bytes(length) : noise.text(length)
            #expect(tokenizer.decode(tokenizer.encode(bytes), skippingSpecialTokens: false) == bytes)
        }
    }

    @Test func `bytes that are no character are never merged`() throws {
        let bytes = Array(repeating: [0x61, 0x62, 0xFF, 0xFE, 0xC3, 0x20] as [UInt8], count: 50).flatMap { $0 }
        let learnt = try Learnt(json: trained([[bytes]]))
        #expect(learnt.merges == [[Array("a".utf8), Array("b".utf8)], [Array("Ġ".utf8), Array("ab".utf8)]])
    }

    @Test func `sizes that make no sense stop nothing`() throws {
        for vocabulary in [Int.min, -1, 0, 1, .max] {
            for minimum in [Int.min, 0, .max] {
                var trainer = BPETrainer(vocabulary: vocabulary, specialTokens: ["\u{0}\u{1f}\"\\\u{7f}"], minimumCount: minimum)
                trainer.count("ab ab")
                let merges = vocabulary == .max && minimum < .max ? 2 : 0
                #expect(try Tokenizer(json: trainer.train()).vocabularySize == 257 + merges)
            }
        }
    }

    @Test func `an empty special token is refused`() {
        let failure = #expect(throws: Failure.self) { try BPETrainer(vocabulary: 300, specialTokens: ["a", ""]).train() }
        #expect(failure.map { "\($0)" } == "a special token is empty")
    }
}
