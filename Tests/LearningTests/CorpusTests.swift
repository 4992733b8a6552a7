import Basis
import Learning
import Support
import Tensors
import TestFiles
import Testing
import Tokens

/// What becomes of files of data.
@Suite struct CorpusTests {
    private func documents(_ corpus: Corpus, _ part: Corpus.Part) throws -> [String] {
        var found: [String] = []
        try corpus.each(part) { document in
            switch document {
            case .text(let bytes): found.append(String(decoding: bytes, as: UTF8.self))
            case .tokens(let tokens): found.append("\(tokens)")
            }
        }
        return found
    }

    @Test func `the end of a text is held out, from a line on`() throws {
        let path = try Scratch().write("x.txt", "one\ntwo\nthree\nfour\n")
        let corpus = try Corpus(path, heldOut: 0.5)
        #expect(try documents(corpus, .training) == ["one\ntwo\nthree\n"])
        #expect(try documents(corpus, .heldOut) == ["four\n"])
        #expect(try documents(Corpus(path, heldOut: 0), .heldOut) == [])
    }

    @Test func `JSON lines are documents, empty lines are none`() throws {
        let path = try Scratch().write("x.jsonl", "{\"text\": \"a\\nb\"}\n\n  \r\n{\"tokens\": [1, 2]}\n{\"text\": \"c\"}")
        #expect(try documents(Corpus(path, heldOut: 0), .training) == ["a\nb", "[1, 2]", "c"])
        #expect(try documents(Corpus(path, heldOut: 0.3), .heldOut) == ["c"])
    }

    @Test(arguments: [
        ("x.txt", "", "is empty"), ("x.txt", "abc\0def", "byte 3 is 0"), ("x.jsonl", "{\"text\": \"a\"}\n[1]\n", "the line at byte 14"),
        ("x.jsonl", "{\"text\": 1}\n", "neither"), ("x.jsonl", "{\"tokens\": [1, 2.5]}\n", "neither"), ("x.jsonl", "{\"tokens\": [99999999999]}\n", "neither"),
    ]) func `what is no data is told`(_ name: String, _ content: String, _ expected: String) throws {
        let path = try Scratch().write(name, content)
        let found = fact { for part in Corpus.Part.allCases { _ = try documents(Corpus(path, heldOut: 0.1), part) } }
        #expect(found.contains(expected) && found.contains("x."), "\(found)")
    }

    @Test func `tokens are written and read back, and are a corpus themselves`() throws {
        let scratch = try Scratch(), spool = try TokenSpool(in: scratch.path)
        let training = (0..<300_000).map { Int32($0 % 1000) }, heldOut = (0..<77).map { Int32($0) }
        try spool.add(training)
        spool.beginHeldOut()
        try spool.add(heldOut)
        try spool.write(to: scratch.file("tokens"))
        #expect(scratch.contents == ["tokens"])
        let data = try TokenData(scratch.file("tokens"), separator: nil)
        #expect(Array(data.training) == training && Array(data.heldOut) == heldOut)
        let corpus = try Corpus(scratch.file("tokens"), heldOut: 0.5)
        #expect(try documents(corpus, .training) == ["\(Array(training[..<150_000]))"])
    }

    @Test func `a long text has the tokens that it has at once`() throws {
        let folder = "\(Programs.package)/Tests/Golden/shakespeare"
        let tokenizer = try Tokenizer(json: MappedFile.contents("\(folder)/tokenizer.json"))
        let line = Array("Word after word,  \n\nand a line\n\tor two\n it's 1234 \u{E9}\u{4E2D}\r\nMore\n".utf8)
        let text = (0..<60_000).flatMap { $0 % 3 == 0 ? Array("\($0)\nx".utf8) + line : line }
        var parts: [[Int32]] = []
        text.withUnsafeBufferPointer { tokenizer.encode(document: $0) { parts.append($0) } }
        #expect(parts.count > 3)
        #expect(parts.flatMap { $0 } == tokenizer.encode(text))
    }

    @Test func `a window falls apart where documents end`() throws {
        let scratch = try Scratch(), spool = try TokenSpool(in: scratch.path)
        try spool.add([5, 6, 0, 7, 0, 0, 8, 9])
        try spool.write(to: scratch.file("tokens"))
        let data = try TokenData(scratch.file("tokens"), separator: 0), plain = try TokenData(scratch.file("tokens"), separator: nil)
        #expect(data.texts(1..<8, of: data.training) == [[6, 0], [7, 0], [0], [8, 9]])
        #expect(Batch.predicted(data.texts(1..<8, of: data.training)) == 3)
        #expect(plain.texts(1..<8, of: plain.training).count == 1)
    }
}
