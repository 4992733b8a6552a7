import Basis
import GGUF
import Models
import Support
import Tensors
import TestFiles
import Testing
import Tokens

/// Tokenizers made of a file's lists give the ids that the originals give.
@Suite struct GGUFTokenizerTests {
    private static let tests = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")

    private static func json(_ path: String) throws -> JSON { try JSON(parsing: MappedFile.contents("\(tests)/\(path)")) }

    /// A model with the keys that `change` sets, and its tokenizer.
    private func model(_ change: (inout GGUFWriter) -> Void) throws -> Checkpoint {
        var writer = GGUFSample(.q2x0of64, width: 64, layers: 1).writer
        change(&writer)
        return try opened(writer.bytes, in: Scratch())
    }

    private func tokenizer(_ change: (inout GGUFWriter) -> Void) throws -> Tokenizer {
        let model = try model(change)
        #expect(model.refusals == [:])
        return try Tokenizer(json: #require(model.file("tokenizer.json")), configuration: model.file("tokenizer_config.json"))
    }

    @Test func `the chat template is tokenizer_config.json's`() throws {
        let template = "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"
        let model = try model { writer in
            writer.set("tokenizer.ggml.model", .text("llama"))
            writer.set("tokenizer.ggml.tokens", .texts(["<unk>", "<s>", "</s>", "a"]))
            writer.set("tokenizer.ggml.scores", .float32s([0, 0, 0, -1]))
            writer.set("tokenizer.ggml.token_type", .int32s([2, 3, 3, 1]))
            writer.set("tokenizer.ggml.unknown_token_id", .uint32(0))
            writer.set("tokenizer.chat_template", .text(template))
        }
        let configuration = try JSON(parsing: #require(model.file("tokenizer_config.json")))
        #expect(configuration["chat_template"] == .string(template))
        #expect(configuration["bos_token"] == "<s>")
    }

    @Test func `SentencePiece's own ids`() throws {
        let golden = try Self.json("FormatsTests/Golden/sentencepiece.json")
        let numbers = { (key: String) in try #require(golden[key]?.arrayValue).compactMap(\.doubleValue) }
        let tokens = try #require(golden["tokens"]?.arrayValue).compactMap(\.stringValue)
        let (scores, types) = (try numbers("scores").map { Float($0) }, try numbers("types").map { Int32($0) })
        let tokenizer = try tokenizer { writer in
            writer.set("tokenizer.ggml.model", .text("llama"))
            writer.set("tokenizer.ggml.tokens", .texts(tokens))
            writer.set("tokenizer.ggml.scores", .float32s(scores))
            writer.set("tokenizer.ggml.token_type", .int32s(types))
            writer.set("tokenizer.ggml.unknown_token_id", .uint32(0))
        }
        #expect(tokenizer.beginOfText == 1 && tokenizer.endOfText == 2)
        let cases = try #require(golden["texts"]?.arrayValue)
        #expect(cases.count > 60)
        for entry in cases {
            let text = try #require(entry["text"]?.stringValue)
            #expect(tokenizer.encode(text).map { Int($0) } == entry["ids"]?.arrayValue?.compactMap(\.intValue), "'\(text)'")
            #expect(String(decoding: tokenizer.decode(tokenizer.encode(text)), as: UTF8.self) == text)
        }
        #expect(tokenizer.encode("<|x|>").last == tokenizer.id("<|x|>"))
    }

    /// The keys of a byte-level tokenizer, of a tokenizer.json.
    private func set(_ json: JSON, pre: String, _ writer: inout GGUFWriter) throws {
        var tokens: [Int: (text: String, type: Int32)] = [:]
        for member in try #require(json["model"]?["vocab"]?.objectValue).members {
            tokens[try #require(member.value.intValue)] = (member.key, 1)
        }
        for token in json["added_tokens"]?.arrayValue ?? [] {
            let isSpecial = token["special"]?.boolValue ?? false
            tokens[try #require(token["id"]?.intValue)] = (try #require(token["content"]?.stringValue), isSpecial ? 3 : 4)
        }
        let list = (0..<tokens.count).map { tokens[$0] ?? ("[PAD\($0)]", 5) }
        let merges = try #require(json["model"]?["merges"]?.arrayValue).map { merge in
            merge.stringValue ?? (merge.arrayValue ?? []).compactMap(\.stringValue).joined(separator: " ")
        }
        writer.set("tokenizer.ggml.model", .text("gpt2"))
        writer.set("tokenizer.ggml.pre", .text(pre))
        writer.set("tokenizer.ggml.tokens", .texts(list.map(\.text)))
        writer.set("tokenizer.ggml.token_type", .int32s(list.map(\.type)))
        writer.set("tokenizer.ggml.merges", .texts(merges))
    }

    @Test(arguments: [("llama-tiny", "llama-bpe"), ("mmfree-train", "gpt-2")])
    func `the ids of Hugging Face's tokenizers`(_ name: String, _ pre: String) throws {
        let json = try Self.json("TokensTests/Golden/\(name)/tokenizer.json")
        let whole = try Tokenizer(json: Array(json.compact.utf8))
        let made = try tokenizer { writer in
            try? set(json, pre: pre, &writer)
            if name == "llama-tiny" { writer.set("tokenizer.ggml.bos_token_id", .uint32(1020)) }
        }
        let cases = try #require(Self.json("TokensTests/Golden/\(name)/tokenizer_golden.json").arrayValue)
        #expect(cases.count > 10)
        for entry in cases {
            let text = try #require(entry["text"]?.stringValue)
            #expect(made.encode(text).map { Int($0) } == entry["ids"]?.arrayValue?.compactMap(\.intValue), "'\(text)'")
            #expect(made.decode(made.encode(text)) == whole.decode(whole.encode(text)))
        }
    }

    @Test func `Llama 3's vocabulary is known where no name of its words is given`() throws {
        let tokens = (0..<128_010).map { $0 == 128_000 ? "<|begin_of_text|>" : $0 == 128_009 ? "<|eot_id|>" : "t\($0)" }
        let model = try model { writer in
            writer.set("tokenizer.ggml.model", .text("gpt2"))
            writer.set("tokenizer.ggml.tokens", .texts(tokens))
            writer.set("tokenizer.ggml.token_type", .int32s(tokens.indices.map { $0 < 128_000 ? 1 : 3 }))
            writer.set("tokenizer.ggml.merges", .texts((0..<280_147).map { _ in "a b" }))
            writer.set("tokenizer.ggml.bos_token_id", .uint32(128_000))
            writer.set("tokenizer.ggml.eos_token_id", .uint32(128_001))
        }
        #expect(model.refusals == [:])
        let json = try JSON(parsing: #require(model.file("tokenizer.json")))
        #expect(json["model"]?["ignore_merges"] == true)
        #expect(json["post_processor"]?["single"]?.arrayValue?.first == ["SpecialToken": ["id": "<|begin_of_text|>", "type_id": 0]])
        #expect(try JSON(parsing: #require(model.file("generation_config.json")))["eos_token_id"] == [128_001, 128_009])
    }

    @Test func `a whole tokenizer.json in the file wins`() throws {
        let json = try Self.json("TokensTests/Golden/llama-tiny/tokenizer.json").compact
        let model = try model { writer in
            writer.set("tokenizer.huggingface.json", .text(json))
            writer.set("tokenizer.ggml.tokens", .texts([]))
        }
        #expect(model.file("tokenizer.json") == Array(json.utf8))
    }

    @Test func `a tokenizer that is not known is left out, with the reason`() throws {
        let cases: [(String, (inout GGUFWriter) -> Void)] = [
            ("it has no tokens", { _ in }),
            ("tokenizer model 'bert' is not supported", { $0.addTokenizer("bert") }),
            ("the pre-tokeniser 'default' is not supported", { $0.addTokenizer("gpt2"); $0.set("tokenizer.ggml.merges", .texts(["a b"])) }),
            ("the pre-tokeniser 'x' is not supported",
             { $0.addTokenizer("gpt2"); $0.set("tokenizer.ggml.merges", .texts([])); $0.set("tokenizer.ggml.pre", .text("x")) }),
            ("it has no merges", { $0.addTokenizer("gpt2"); $0.set("tokenizer.ggml.pre", .text("gpt-2")) }),
            ("it has no score for each token", { $0.addTokenizer("llama") }),
            ("it has 2 tokens and 1 types of them", { $0.addTokenizer("llama"); $0.set("tokenizer.ggml.token_type", .int32s([1])) }),
        ]
        for (reason, change) in cases {
            let model = try model(change)
            #expect(model.refusals["tokenizer.json"]?.description == reason)
            #expect(model.file("tokenizer.json") == nil && model.file("config.json") != nil)
        }
    }
}

extension GGUFWriter {
    fileprivate mutating func addTokenizer(_ model: String) {
        set("tokenizer.ggml.model", .text(model))
        set("tokenizer.ggml.tokens", .texts(["a", "b"]))
    }
}
