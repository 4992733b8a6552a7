import Basis
import Testing
import Tokens

/// `Tests/Golden/bpe-training`: what Hugging Face's trainer makes of a text with everything in it. Its make.py says how it was made.
@Suite struct TrainingGoldenTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let entry: JSON

        var name: String { entry["name"]?.stringValue ?? "" }
        var testDescription: String { name }

        func trained(on text: [UInt8]) throws -> [UInt8] {
            var trainer = BPETrainer(
                vocabulary: try #require(entry["vocabulary"]?.intValue),
                specialTokens: try #require(entry["special"]?.arrayValue).map { try #require($0.stringValue) },
                minimumCount: try #require(entry["minimum"]?.intValue))
            for text in entry["lines"] == true ? lines(of: text) : [text] {
                trainer.count(text)
                trainer.endText()
            }
            return try trainer.train()
        }

        /// Each with its line feed; the last one may have none.
        private func lines(of text: [UInt8]) -> [[UInt8]] {
            let ends = text.indices.filter { text[$0] == 0x0A }.map { $0 + 1 } + [text.count]
            return zip([0] + ends, ends).map { Array(text[$0..<$1]) }
        }
    }

    private static func bytes(_ name: String) throws -> [UInt8] { try Golden.bytes("../../Golden/bpe-training/\(name)") }

    static func cases() throws -> [Case] {
        try #require(JSON(parsing: bytes("cases.json")).arrayValue).map { Case(entry: $0) }
    }

    @Test(arguments: try cases()) func `tokens and merges are those of the reference`(_ golden: Case) throws {
        let ours = try golden.trained(on: Self.bytes("text.txt"))
        let theirs = try Self.bytes("\(golden.name).json")
        for member in ["vocab", "merges"] {
            #expect(try JSON(parsing: ours)["model"]?[member] == JSON(parsing: theirs)["model"]?[member])
        }
        #expect(ours == theirs)
    }

    @Test(arguments: try cases()) func `the text's tokens are those of the reference`(_ golden: Case) throws {
        let text = try Self.bytes("text.txt")
        let tokenizer = try Tokenizer(json: golden.trained(on: text))
        let ids = tokenizer.encode(text)
        #expect(ids.count == golden.entry["tokens"]?.intValue)
        #expect(Golden.fnv(ids) == golden.entry["digest"]?.stringValue)
        let returns = tokenizer.decode(ids, skippingSpecialTokens: false) == text
        #expect(golden.entry["returns"] == .bool(returns))
    }
}
