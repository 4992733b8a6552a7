import Basis
import Support
import Testing

/// What a prompt may be, and how an answer ends.
@Suite struct PromptTests {
    private static let greedy: JSONObject = ["temperature": 0, "ignore_eos": true]

    private static func prompt(_ text: String, _ options: JSONObject) -> JSON {
        var object: JSONObject = ["prompt": .string(text)]
        for option in greedy.members + options.members { object[option.key] = option.value }
        return .object(object)
    }

    @Test func `an answer ends before the first stop string, wherever tokens begin and end`() throws {
        let model = try Made.shakespeare.packed
        let whole = try #require(try answers(model, [Self.prompt("ROMEO:", ["max_tokens": 24])]).first).answer
        let text = Array(whole.utf8)
        let stops = (0..<text.count - 5).flatMap { start in [1, 2, 5].map { Array(text[start..<start + $0]) } }
        let requests = stops.map { Self.prompt("ROMEO:", ["max_tokens": 24, "stop": .string(String(decoding: $0, as: UTF8.self))]) }
        for (stop, answer) in zip(stops, try answers(model, requests)) {
            let first = try #require(text.indices.first { text[$0...].starts(with: stop) })
            #expect(Array(answer.answer.utf8) == Array(text[..<first]))
            #expect(answer["finish"] == "stop")
        }
        let several = Self.prompt("ROMEO:", ["max_tokens": 24, "stop": ["never said", .string(String(whole.dropFirst(9)))]])
        #expect(try answers(model, [several]).first?.answer == String(whole.prefix(9)))
        let options = ["--temperature", "0", "--ignore-eos", "--max-tokens", "24", "--stop", String(whole.dropFirst(9))]
        #expect(try run("infer", [model, "ROMEO:"] + options).text == whole.prefix(9) + "\n")
    }

    @Test func `a start of a stop string at the end of an answer is part of it`() throws {
        let model = try Made.shakespeare.packed
        let whole = try #require(try answers(model, [Self.prompt("ROMEO:", ["max_tokens": 12])]).first)
        let stop = String(whole.answer.suffix(2)) + "\u{1}"
        let found = try answers(model, [Self.prompt("ROMEO:", ["max_tokens": 12, "stop": .string(stop)])])
        #expect(found == [whole])
    }

    @Test(arguments: Made.all) func `no tokens asked for is an empty answer`(_ made: Made) throws {
        let answer = try #require(try answers(made.packed, [Self.prompt("Hello", ["max_tokens": 0])]).first)
        #expect(answer == ["text": "", "tokens": [], "finish": "length"])
        let plain = try run("infer", [made.packed, "--max-tokens", "0"], input: .text("one\ntwo\n"))
        expectDone(plain)
        #expect(plain.text == "\n\n")
    }

    @Test(arguments: Made.all) func `lines may be empty, unended, not UTF-8 and long`(_ made: Made) throws {
        // Models with attention were made for 256 tokens here.
        let long = [UInt8](repeating: UInt8(ascii: "a"), count: made.golden.name.contains("bitnet") ? 200 : 30_000) + Array(" b c".utf8)
        let lines: [[UInt8]] = [[], [0xFF, 0xFE, 0x80, 0x20, 0xC3], Array("a\rb\u{0}c".utf8), long, Array("last".utf8)]
        let input = Array(lines.joined(separator: [0x0A]))
        let options = ["--max-tokens", "2", "--temperature", "0", "--ignore-eos", "--stop", "\n"]
        let outcome = try run("infer", [made.packed] + options, input: .bytes(input))
        expectDone(outcome)
        #expect(outcome.errors == "")
        #expect(outcome.lines.count == lines.count)
        let scores = try run("infer", [made.packed, "--score"], input: .bytes(input))
        expectDone(scores)
        #expect(scores.lines.count == lines.count)
    }

    @Test func `nothing to answer is no failure`() throws {
        let outcome = try run("infer", [Made.tiny.packed])
        expectDone(outcome)
        #expect(outcome.output.isEmpty && outcome.errors == "")
    }

    @Test func `options of a line go before those of the command line, and ids come back`() throws {
        let model = try Made.tiny.packed
        let ids: [JSON] = [.null, 7, "x", ["a": [1, 2]], -1.5, true]
        let requests = ids.enumerated().map { Self.prompt("Hello", ["id": $1, "max_tokens": .integer($0 + 1)]) }
        let found = try answers(model, requests + [Self.prompt("Hello", [:])], ["--max-tokens", "9", "--temperature", "2"])
        #expect(found.map { $0["id"] } == ids.map { $0 } + [nil])
        #expect(found.map(\.tokens.count) == [1, 2, 3, 4, 5, 6, 9])
        for answer in found { #expect(found[6].tokens.starts(with: answer.tokens)) }
    }

    @Test func `a bad line is named, after the answers to those before it`() throws {
        let bad: [(String, String)] = [
            ("{\"prompt\": \"x\", \"tepid\": 1}", "unknown option 'tepid'"), ("{\"prompt\": \"x\"", "line 2"), ("[]", "no JSON object"),
            ("", "line 2"), ("{\"prompt\": \"x\", \"tokens\": [1]}", "either 'prompt' or 'tokens'"), ("{}", "either 'prompt' or 'tokens'"),
            ("{\"tokens\": [1024]}", "token 1024 is not in the model's vocabulary of 1024"), ("{\"tokens\": [-1]}", "token -1"),
            ("{\"tokens\": [1.5]}", "1.5"), ("{\"tokens\": [\"a\"]}", "\"a\""), ("{\"tokens\": 1}", "'tokens' is no array"),
            ("{\"tokens\": [4294967296]}", "4294967296"),
            ("{\"tokens\": []}", "the prompt has no tokens"), ("{\"prompt\": 1}", "'prompt' is no string"),
            ("{\"prompt\": \"x\", \"max_tokens\": -1}", "'max_tokens'"), ("{\"prompt\": \"x\", \"max_tokens\": 1.5}", "'max_tokens'"),
            ("{\"prompt\": \"x\", \"temperature\": -1}", "temperature"), ("{\"prompt\": \"x\", \"temperature\": \"hot\"}", "'temperature'"),
            ("{\"prompt\": \"x\", \"top_p\": 0}", "top"), ("{\"prompt\": \"x\", \"top_p\": 1.5}", "top"),
            ("{\"prompt\": \"x\", \"min_p\": 2}", "min"),
            ("{\"prompt\": \"x\", \"repetition_penalty\": 0}", "penalty"), ("{\"prompt\": \"x\", \"seed\": -1}", "'seed'"),
            ("{\"prompt\": \"x\", \"stop\": \"\"}", "'stop'"), ("{\"prompt\": \"x\", \"stop\": [1]}", "'stop'"),
            ("{\"prompt\": \"x\", \"stop\": []}", "'stop'"),
            ("{\"prompt\": \"x\", \"ignore_eos\": 1}", "'ignore_eos'"), ("{\"prompt\": \"x\", \"prompt\": \"y\"}", "prompt"),
            (String(repeating: "[", count: 100_000), "line 2"), ("{\"prompt\": \"\\ud800\"}", "line 2"),
        ]
        let model = try Made.tiny.packed, good = "{\"prompt\": \"x\", \"max_tokens\": 1, \"id\": 1}\n"
        for (line, fact) in bad {
            let outcome = try run("infer", [model, "--json"], input: .text(good + line + "\n" + good))
            expectRefused(outcome, "infer", fact, String(line.prefix(60)))
            #expect(outcome.errors.contains("line 2"), "\(line.prefix(60)): \(outcome.errors)")
            #expect(outcome.lines.count == 1, "\(line.prefix(60))")
        }
    }
}
