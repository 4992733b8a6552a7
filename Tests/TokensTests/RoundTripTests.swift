import Testing
import Tokens

@Suite struct RoundTripTests {
    @Test(arguments: Golden.names) func anyBytesComeBack(name: String) throws {
        let tokenizer = try Golden.tokenizer(name)
        var noise = Noise(1)
        for length in 0..<300 {
            let bytes = length.isMultiple(of: 2) ? noise.bytes(length) : noise.text(length)
            #expect(tokenizer.decode(tokenizer.encode(bytes)) == bytes)
        }
    }

    @Test func invalidBytesAreTokensOfTheirOwn() throws {
        let bytes: [UInt8] = [0x61, 0xFF, 0xC3, 0x62, 0xE2, 0x82]
        let fallback = try Golden.tokenizer("mistral-tiny")
        #expect(fallback.encode(bytes).compactMap { fallback.token($0) } == ["<s>", "▁a", "<0xFF>", "<0xC3>", "b", "<0xE2>", "<0x82>"])
        let level = try Golden.tokenizer("mmfree-train")
        #expect(level.encode(bytes).compactMap { level.token($0) } == ["a", "ÿ", "Ã", "b", "â", "Ĥ"])
    }

    @Test(arguments: Golden.all) func aStreamGivesTheWholeText(name: String) throws {
        let tokenizer = try Golden.tokenizer(name)
        var noise = Noise(2)
        for skips in [true, false] {
            for _ in 0..<300 {
                let count = Int.random(in: 0..<30, using: &noise)
                let ids = (0..<count).map { _ in Int32.random(in: -2...Int32(tokenizer.vocabularySize), using: &noise) }
                var stream = StreamDecoder(tokenizer, skippingSpecialTokens: skips)
                for _ in 0..<2 {
                    let text = ids.flatMap { stream.push($0) } + stream.finish()
                    #expect(text == tokenizer.decode(ids, skippingSpecialTokens: skips))
                }
            }
        }
    }

    @Test(arguments: Golden.all) func aStreamNeverGivesHalfACharacter(name: String) throws {
        let tokenizer = try Golden.tokenizer(name)
        let text = "naïve 世界 🙂👩‍👩‍👧 Größe ▁ мир \u{10FFFF}"
        var stream = StreamDecoder(tokenizer)
        for id in tokenizer.encode(text) {
            let part = stream.push(id)
            #expect(String(validating: part, as: UTF8.self) != nil, "\(part)")
        }
        #expect(stream.finish().isEmpty)
    }

    @Test func aStreamLetsGoOfWhatCannotBecomeACharacter() throws {
        let tokenizer = try Golden.tokenizer("mistral-tiny")
        let bytes = try (0..<256).map { try #require(tokenizer.id($0 < 16 ? "<0x0\(hex($0))>" : "<0x\(hex($0))>")) }
        func parts(_ pushed: [Int]) -> [[UInt8]] {
            var stream = StreamDecoder(tokenizer)
            return pushed.map { stream.push(bytes[$0]) } + [stream.finish()]
        }
        #expect(parts([0xE4, 0xB8, 0x96]) == [[], [], [0xE4, 0xB8, 0x96], []])
        #expect(parts([0xE4, 0xE4, 0xB8]) == [[], [0xE4], [], [0xE4, 0xB8]])
        #expect(parts([0xE0, 0x80, 0x41]) == [[], [0xE0, 0x80], [0x41], []])
        #expect(parts([0xFF, 0xF0, 0x9F, 0x41]) == [[0xFF], [], [], [0xF0, 0x9F, 0x41], []])
        #expect(parts([0xED, 0xA0]) == [[], [0xED, 0xA0], []])
    }

    private func hex(_ value: Int) -> String { String(value, radix: 16, uppercase: true) }
}
