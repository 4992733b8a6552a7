import Basis
import Glibc
import Support
import Tensors
import TestFiles
import Testing

/// What infer answers does not depend on how the model came to it or how it is run.
@Suite struct AnswerTests {
    /// Nine requests of all kinds: greedy and drawn, short and long, with options of their own.
    private static func requests(_ golden: Golden) throws -> [JSON] {
        let tokens = try golden.tokens("input_ids")
        return (0..<9).map { number in
            request(
                Array(tokens.prefix(1 + 4 * number)),
                [
                    "id": .integer(number), "max_tokens": .integer(12 - number), "temperature": .number(number % 3 == 0 ? 0 : 0.9),
                    "seed": .integer(number), "top_k": .integer(number % 2 == 0 ? 20 : 0), "ignore_eos": true,
                ])
        }
    }

    @Test(arguments: Made.all) func `every form of a model answers the same, however it is run`(_ made: Made) throws {
        let requests = try Self.requests(made.golden)
        let expected = try answers(made.raw, requests, ["--threads", "1", "--batch", "1"], environment: ["TERN_CPU": "scalar"])
        #expect(expected.map { $0["id"]?.intValue } == Array(0..<9))
        #expect(expected.map(\.tokens.count) == (0..<9).map { 12 - $0 })
        for model in [made.packed, made.manifest, made.folder] { #expect(try answers(model, requests) == expected, "\(model)") }
        for level in KernelLevel.available {
            for (threads, batch) in [("1", "7"), ("2", "1"), ("2", "7")] {
                let found = try answers(
                    made.packed, requests, ["--threads", threads, "--batch", batch], environment: ["TERN_CPU": level.rawValue])
                #expect(found == expected, "\(level), \(threads) threads, batch \(batch)")
            }
        }
    }

    @Test(arguments: Made.all) func `a pipe gives what files give`(_ made: Made) throws {
        let prompt = "Once upon a time, my lord"
        let expected = try run("infer", [made.packed, prompt, "--max-tokens", "20"])
        expectDone(expected)
        #expect(expected.output.count > 10)
        let lines = [
            "quantize --quiet '\(made.folder)' | pack --quiet | infer - '\(prompt)' --max-tokens 20",
            "quantize --quiet '\(made.folder)' | infer - '\(prompt)' --max-tokens 20",
            "cat '\(made.packed)' | infer - '\(prompt)' --max-tokens 20",
            "infer - '\(prompt)' --max-tokens 20 < '\(made.packed)'",
            "echo '\(prompt)' | infer '\(made.raw)' --max-tokens 20",
        ]
        for line in lines {
            let outcome = try shell(line)
            expectDone(outcome, line)
            #expect(outcome.output == expected.output && outcome.errors == "", "\(line)")
        }
    }

    @Test func `a model is found in the local cache of Hugging Face`() throws {
        let made = try Made.tiny, scratch = try Scratch()
        let repository = scratch.file("hub/models--some--model")
        try expectDone(shell("mkdir -p '\(repository)/refs' '\(repository)/snapshots' && printf abc123 > '\(repository)/refs/main'"
            + " && cp -r '\(made.folder)' '\(repository)/snapshots/abc123'"))
        let expected = try run("infer", [made.packed, "hello", "--max-tokens", "9"])
        for variables in [["HF_HUB_CACHE": scratch.file("hub")], ["HF_HOME": scratch.path]] {
            let found = try run("infer", ["hf:some/model", "hello", "--max-tokens", "9"], environment: variables)
            expectDone(found)
            #expect(found.output == expected.output)
        }
    }

    @Test(arguments: Made.all) func `greedy answers are the original's`(_ made: Made) throws {
        let greedy = request(try made.golden.tokens("input_ids"), ["temperature": 0, "max_tokens": 32, "ignore_eos": true])
        let answer = try #require(try answers(made.packed, [greedy]).first)
        #expect(made.golden.agrees(with: answer.tokens))
        #expect(answer["finish"]?.stringValue == "length")
        if let text = made.golden.json["greedy_32_text"]?.stringValue { #expect(answer.answer == text) }
    }

    @Test(arguments: Made.all) func `scores are the original's`(_ made: Made) throws {
        let golden = made.golden
        let strict = try golden.tokens("strict.input_ids"), main = try golden.tokens("input_ids")
        let scores = try answers(made.packed, [request(strict, ["id": "strict"]), request(main)], ["--score"])
        #expect(scores.map(\.tokens) == [strict, main])
        #expect(scores[0]["id"] == "strict" && scores[1]["id"] == nil)
        try expectScores(scores[0], zip(golden.rows("strict.logits"), strict.dropFirst()).map(logProbability), within: 1e-4)
        try expectScores(scores[1], golden.floats("nll").map { -Double($0) }, within: 0.15)
    }

    private func expectScores(_ line: JSON, _ expected: [Double], within tolerance: Double) throws {
        let logs = try #require(line["logprobs"]?.arrayValue)
        #expect(logs.first == .null && logs.count == expected.count + 1)
        for (found, expected) in zip(logs.dropFirst(), expected) {
            #expect(abs((found.doubleValue ?? .infinity) - expected) < tolerance)
        }
    }

    private func logProbability(_ row: [Float], of token: Int32) -> Double {
        let largest = Double(row.max() ?? 0)
        return Double(row[Int(token)]) - largest - log(row.reduce(0.0) { $0 + exp(Double($1) - largest) })
    }

    @Test(arguments: Made.all) func `logits in a file are the original's`(_ made: Made) throws {
        let scratch = try Scratch(), file = scratch.file("logits.safetensors")
        let line = request(try made.golden.tokens("strict.input_ids")).compact
        try expectDone(run("infer", [made.packed, "--json", "--logits", file], input: .text(line)))
        let tensors = try tensors(in: file)
        #expect(tensors.map(\.name) == ["logits"] && tensors[0].element == "F32")
        #expect(tensors[0].shape == (try made.golden.entry("strict.logits").shape))
        #expect(difference(tensors[0].floats, try made.golden.floats("strict.logits")).largest < 1e-4)
    }

    @Test func `a state that the packed form saved goes on with the raw form, and the other way round`() throws {
        let made = try Made.shakespeare, scratch = try Scratch(), state = scratch.file("state")
        func tokens(_ model: String, _ prompt: String, _ options: [String]) throws -> [Int32] {
            let line = (["prompt": .string(prompt), "max_tokens": 8, "ignore_eos": true] as JSON).compact
            let outcome = try run("infer", [model, "--json", "--temperature", "0"] + options, input: .text(line))
            expectDone(outcome)
            return try JSON(parsing: outcome.lines.first ?? "").tokens
        }
        let next = try [(made.packed, made.raw), (made.raw, made.packed)].map { first, second in
            _ = try tokens(first, "ROMEO: I dream", ["--save-state", state])
            return try tokens(second, "", ["--load-state", state])
        }
        #expect(next[0] == next[1] && next[0].count == 8)
    }

    @Test(arguments: Made.all) func `a saved state goes on as if nothing had happened`(_ made: Made) throws {
        let scratch = try Scratch(), state = scratch.file("state")
        let prompt = "Of government the properties, my lord"
        for options in [["--temperature", "0"], ["--temperature", "0", "--repetition-penalty", "1.5"]] {
            func answer(_ prompt: String, _ count: Int, _ more: [String]) throws -> JSON {
                let line = (["prompt": .string(prompt), "max_tokens": .integer(count), "ignore_eos": true] as JSON).compact
                let outcome = try run("infer", [made.packed, "--json"] + options + more, input: .text(line))
                expectDone(outcome)
                return try JSON(parsing: outcome.lines.first ?? "")
            }
            let whole = try answer(prompt, 24, [])
            for count in [0, 1, 10] {
                let first = try answer(prompt, count, ["--save-state", state])
                let second = try answer("", 24 - count, ["--load-state", state])
                #expect(first.tokens.count == count && first.tokens + second.tokens == whole.tokens, "after \(count)")
                #expect(first.answer + second.answer == whole.answer, "after \(count)")
            }
        }
    }

    @Test func `a state can be saved again, and takes new tokens`() throws {
        let made = try Made.tiny, scratch = try Scratch(), tokens = try made.golden.tokens("input_ids")
        func answer(_ tokens: [Int32], _ options: [String]) throws -> JSON {
            let line = request(tokens, ["max_tokens": 4, "temperature": 0, "ignore_eos": true]).compact
            let outcome = try run("infer", [made.raw, "--json"] + options, input: .text(line))
            expectDone(outcome)
            return try JSON(parsing: outcome.lines.first ?? "")
        }
        let (one, two) = (scratch.file("one"), scratch.file("two"))
        let a = try answer(Array(tokens[..<8]), ["--save-state", one])
        let b = try answer(Array(tokens[8..<20]), ["--load-state", one, "--save-state", two])
        let c = try answer(Array(tokens[20...]), ["--load-state", two])
        let whole = try answer(Array(tokens[..<8]) + a.tokens + tokens[8..<20] + b.tokens + tokens[20...], [])
        #expect(c == whole)
    }

    @Test func `a state is that of one prompt`() throws {
        let scratch = try Scratch(), lines = "{\"tokens\": [5], \"max_tokens\": 1}\n"
        let outcome = try run("infer", [Made.tiny.packed, "--json", "--save-state", scratch.file("x")], input: .text(lines + lines))
        expectRefused(outcome, "infer", "--save-state takes one prompt, and there are more")
        #expect(outcome.lines.count == 1 && names(in: scratch.path) == [])
    }
}
