import Basis
import Testing
import Tokens

/// Files beside the tests.
enum Golden {
    static func bytes(_ path: String, file: String = #filePath) throws -> [UInt8] {
        let folder = file.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return try MappedFile.contents("\(folder)/Golden/\(path)")
    }

    static func tokenizer(_ name: String) throws -> Tokenizer {
        let configuration = names.contains(name) ? try bytes("\(name)/tokenizer_config.json") : nil
        return try Tokenizer(json: bytes("\(name)/tokenizer.json"), configuration: configuration)
    }

    /// BPE that brings any text back.
    static let names = ["llama-tiny", "mistral-tiny", "mmfree-train"]
    /// One of each other kind.
    static let kinds = ["bert", "bloom", "deepseek", "falcon", "o200k", "qwen", "t5", "unigram-bytes", "words"]
    static let all = names + kinds

    struct Case: Sendable {
        let text: String
        let ids: [Int32]
        let plainIds: [Int32]
        let decoded: String
        let decodedWithSpecial: String
    }

    static func cases(_ name: String) throws -> [Case] {
        let list = try #require(try JSON(parsing: bytes("\(name)/tokenizer_golden.json")).arrayValue)
        return try list.map { entry in
            Case(
                text: try #require(entry["text"]?.stringValue), ids: try ids(entry["ids"]), plainIds: try ids(entry["ids_no_special"]),
                decoded: try #require(entry["decoded"]?.stringValue),
                decodedWithSpecial: try #require(entry["decoded_keep"]?.stringValue))
        }
    }

    static func ids(_ json: JSON?) throws -> [Int32] {
        try #require(json?.arrayValue).map { Int32(try #require($0.intValue)) }
    }

    /// The upper half of FNV-1a over the ids as 32-bit little-endian numbers, hexadecimal.
    static func fnv(_ ids: [Int32]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for id in ids {
            withUnsafeBytes(of: id.littleEndian) { for byte in $0 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 } }
        }
        return String(hash >> 32, radix: 16)
    }
}

@Suite struct GoldenTests {
    @Test(arguments: Golden.all) func tokensAreThoseOfTheReference(name: String) throws {
        let tokenizer = try Golden.tokenizer(name)
        let cases = try Golden.cases(name)
        #expect(cases.count > 20)
        for golden in cases {
            #expect(tokenizer.encode(golden.text) == golden.ids, "\(golden.text)")
            #expect(tokenizer.encode(golden.text, addingSpecialTokens: false) == golden.plainIds, "\(golden.text)")
        }
    }

    @Test(arguments: Golden.all) func textIsThatOfTheReference(name: String) throws {
        let tokenizer = try Golden.tokenizer(name)
        for golden in try Golden.cases(name) {
            #expect(tokenizer.decode(golden.ids) == Array(golden.decoded.utf8))
            #expect(tokenizer.decode(golden.ids, skippingSpecialTokens: false) == Array(golden.decodedWithSpecial.utf8))
        }
    }

    @Test func namedTokensHaveTheirIds() throws {
        let mistral = try Golden.tokenizer("mistral-tiny")
        #expect(mistral.beginOfText == 1)
        #expect(mistral.endOfText == 2)
        #expect(mistral.vocabularySize == 1024)
        #expect(mistral.isSpecial(1) && !mistral.isSpecial(300) && !mistral.isSpecial(-1) && !mistral.isSpecial(.max))
        for id in 0..<Int32(1024) { #expect(mistral.token(id).flatMap { mistral.id($0) } == id) }
        #expect(mistral.token(1024) == nil && mistral.token(-1) == nil && mistral.id("no such token") == nil)
        let llama = try Golden.tokenizer("llama-tiny")
        #expect(llama.beginOfText == 1020)
        #expect(llama.token(1020) == "<|begin_of_text|>")
        #expect(llama.vocabularySize == 1024)
    }
}
