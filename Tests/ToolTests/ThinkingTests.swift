import Basis
import Support
import TestFiles
import Testing

/// A model that was taught to think, as a user asks it.
@Suite struct ThinkingTests {
    /// Such a model, taught for a step or two; without text, so that thoughts are shown as tokens.
    private func thinker(_ scratch: Scratch, _ options: String) throws -> String {
        let lines = (0..<80).map { "{\"tokens\": [\($0 % 60), \((7 * $0 + 1) % 60), \((3 * $0 + 2) % 60)]}\n" }.joined()
        let data = try scratch.write("data.jsonl", lines), common = ["--data", data, "--batch", "2", "--context", "16", "--quiet"]
        let (base, taught) = (scratch.file("base"), scratch.file("taught"))
        expectDone(try run("think-train", common + ["--new", "matmul-free:layers=1,width=64,vocabulary=64", "--steps", "4", "-o", base]))
        let method = "quiet-star:start=#60,end=#61,tokens=3,ahead=2\(options)"
        expectDone(try run("think-train", common + ["--method", method, base, "--steps", "8", "--rate", "0.01", "-o", taught]))
        return taught
    }

    private func ask(_ model: String, _ line: String, _ options: String...) throws -> JSON {
        let more = ["--json", "--think", "3", "--show-thoughts", "--temperature", "0", "--max-tokens", "3"]
        let outcome = try run("infer", [model] + more + options, input: .text(line + "\n"))
        expectDone(outcome)
        return try JSON(parsing: outcome.output)
    }

    @Test func `a thought that is given takes the place of the first that is drawn`() throws {
        let scratch = try Scratch(), model = try thinker(scratch, "")
        let drawn = try ask(model, #"{"tokens": [5, 6]}"#), thoughts = try #require(drawn["thoughts"]?.arrayValue)
        #expect(thoughts.count == 3 && thoughts.allSatisfy { $0.arrayValue?.count == 3 })
        // Given what it would have thought, it answers what it would have answered.
        #expect(try ask(model, #"{"tokens": [5, 6], "thought": \#(thoughts[0].compact)}"#) == drawn)
        let given = try ask(model, #"{"tokens": [5, 6], "thought": [1, 2, 3]}"#)
        #expect(given["thoughts"]?.arrayValue?.first == [1, 2, 3] && given["thoughts"]?.arrayValue?.count == 3)
    }

    @Test func `fillers fill every thought, and nothing is drawn`() throws {
        let scratch = try Scratch(), model = try thinker(scratch, ",thoughts=1,filler=#62")
        let answer = try ask(model, #"{"tokens": [5, 6]}"#, "--think-temperature", "1")
        #expect(answer["thoughts"] == [[62, 62, 62], [62, 62, 62], [62, 62, 62]])
    }

    @Test func `no tokens of thought are no thought`() throws {
        let scratch = try Scratch(), model = try thinker(scratch, ",filler=none")
        let line = #"{"tokens": [5, 6, 7, 8]}"# + "\n"
        let scores = try [[], ["--think", "0"], ["--think", "1"]].map { try run("infer", [model, "--json", "--score"] + $0, input: .text(line)).text }
        #expect(scores[0] == scores[1] && scores[0] != scores[2] && scores[0].contains("logprobs"))
    }

    @Test func `thoughts that cannot be thought are refused`() throws {
        let scratch = try Scratch(), model = try thinker(scratch, "")
        func refused(_ line: String, _ fact: String, _ options: [String] = ["--think", "3"]) throws {
            expectRefused(try run("infer", [model, "--json"] + options, input: .text(line + "\n")), "infer", fact)
        }
        try refused(#"{"tokens": [5], "thought": [1, 2]}"#, "the thought has 2 tokens, and thoughts are 3 long")
        try refused(#"{"tokens": [5], "thought": [1, 2, 99]}"#, "token 99 is not in the model's vocabulary")
        try refused(#"{"tokens": [5], "thought": "a b c"}"#, "'thought' is text")
        try refused(#"{"tokens": [5], "thought": 7}"#, "'thought' is neither a string nor an array of tokens")
        try refused(#"{"tokens": [5], "thought": [1, 2, 3]}"#, "goes with --think", [])
        try refused(#"{"tokens": [5], "thought": [1, 2, 3]}"#, "goes with --think", ["--think", "3", "--score"])
    }
}
