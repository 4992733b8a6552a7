import Testing
import Tokens

/// The fast ways to merge against the definition of byte-pair encoding.
@Suite struct MergingTests {
    /// The pair of lowest rank, the leftmost of equal ones, becomes one symbol, until there is none.
    private func naive(_ model: BPE, _ symbols: [Int32]) -> [Int32] {
        var symbols = symbols
        while true {
            let pairs = zip(symbols, symbols.dropFirst()).map { model.pair($0, $1) }
            guard let best = pairs.min(), best != .max, let at = pairs.firstIndex(of: best) else { return symbols }
            symbols[at] = Int32(truncatingIfNeeded: best)
            symbols.remove(at: at + 1)
        }
    }

    private func firstSymbols(_ model: BPE, _ text: [UInt8]) -> [Int32] {
        var symbols: [Int32] = []
        text.withUnsafeBufferPointer { model.firstSymbols.append($0, 0..<$0.count, to: &symbols) }
        return symbols
    }

    @Test(arguments: Golden.names) func allWaysToMergeAgree(name: String) throws {
        let model = try #require(try Golden.tokenizer(name).model.bpe)
        var noise = Noise(3)
        var scratch = MergeScratch()
        var pairs: [UInt64] = []
        for length in [1, 2, 3, 5, 20, 39, 40, 41, 63, 100, 300] {
            for _ in 0..<20 {
                let symbols = firstSymbols(model, noise.text(length))
                guard symbols.count > 1 else { continue }
                var (scanned, heaped) = (symbols, symbols)
                model.mergeByScan(&scanned, &pairs)
                model.mergeByHeap(&heaped, &scratch)
                let expected = naive(model, symbols)
                #expect(scanned == expected)
                #expect(heaped == expected)
            }
        }
    }

    @Test func overlappingPairsMergeFromTheLeft() throws {
        let tokenizer = try Golden.tokenizer("mistral-tiny"), model = try #require(tokenizer.model.bpe)
        for count in 1..<200 {
            for letter in ["s", "l", "e", "▁", "o", "."] {
                let text = Array(String(repeating: letter, count: count).utf8)
                let symbols = firstSymbols(model, tokenizer.normalizer.apply(to: text))
                #expect(tokenizer.encode(text, addingSpecialTokens: false) == naive(model, symbols))
            }
        }
    }

    /// Long enough that words are remembered.
    @Test func cuttingAndRememberingChangeNothing() throws {
        let tokenizer = try Golden.tokenizer("mistral-tiny"), model = try #require(tokenizer.model.bpe)
        #expect(tokenizer.model.bpe?.boundaries != nil)
        var whole = tokenizer
        whole.model.bpe?.boundaries = nil
        var noise = Noise(4)
        for length in [100, 2047, 2048, 4000, 9000] {
            let text = noise.text(length)
            let ids = tokenizer.encode(text, addingSpecialTokens: false)
            #expect(ids == whole.encode(text, addingSpecialTokens: false))
            if length < 5000 { #expect(ids == naive(model, firstSymbols(model, tokenizer.normalizer.apply(to: text)))) }
        }
    }

    /// Words are remembered in long texts only; a long text of short ones, line by line, has the same tokens.
    @Test(arguments: ["llama-tiny", "mmfree-train"]) func aLongTextIsItsLines(name: String) throws {
        let tokenizer = try Golden.tokenizer(name)
        var noise = Noise(5)
        let parts = ["the king", " shall", " 've", "'ll", " extraordinary", " antidisestablishment", "é", " 世界", ";"]
        let lines = (0..<3000).map { _ in (0..<6).map { _ in parts.randomElement(using: &noise) ?? "" }.joined() + "x\n" }
        let whole = tokenizer.encode(lines.joined(), addingSpecialTokens: false)
        #expect(whole == lines.flatMap { tokenizer.encode($0, addingSpecialTokens: false) })
    }
}
