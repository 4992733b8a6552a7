import Basis
import Glibc
import Support
import TestFiles
import Testing
import Tokens

/// `bench quality`, held against what infer answers and scores.
@Suite struct QualityTests {
    /// A model whose thoughts matter: some answers with one are others than those without.
    private static let thinker: String? = {
        guard let scratch = try? Scratch() else { return nil }
        let teach = [
            "\(Programs.package)/Tests/Golden/shakespeare", "--method", "quiet-star:tokens=2,ahead=2,start=--,end=--", "--data",
            "\(Programs.package)/LICENSE", "--batch", "1", "--context", "24", "--steps", "10", "--rate", "3e-3", "--quiet",
        ]
        guard let outcome = try? run("think-train", teach + ["-o", scratch.file("thinker")]) else { return nil }
        expectDone(outcome)
        return scratch.file("thinker")
    }()

    private func thinker() throws -> String { try #require(Self.thinker) }

    private func quality(_ model: String, _ options: [String]) throws -> JSON {
        let outcome = try run("bench", ["quality", model, "--json"] + options)
        expectDone(outcome)
        #expect(outcome.errors == "" && outcome.lines.count == 1)
        return try JSON(parsing: outcome.output)
    }

    private func results(_ report: JSON, _ part: String) -> [JSON] { report[part]?["results"]?.arrayValue ?? [] }

    private func number(_ result: JSON, _ key: String) throws -> Double { try #require(result[key]?.doubleValue, "\(key) of \(result)") }

    private func expectEqual(_ a: Double, _ b: Double, _ what: String = "", within: Double = 1e-9) {
        #expect(abs(a - b) <= within * max(1, abs(a)), "\(what): \(a) and \(b)")
    }

    private func ids(_ tokens: some Sequence<Int32>) -> String { "[\(tokens.map { "\($0)" }.joined(separator: ","))]" }

    // Text.

    private static let documents = ["ROMEO:\nI dream of thee.\n", "a", "To be, or not to be: that is the question, sir.", "O Juliet, where art thou?"]

    /// The documents as windows of `context` tokens, each the parts of documents that it holds.
    private func windows(_ tokenizer: Tokenizer, context: Int) -> [[[Int32]]] {
        let end: Int32 = 2, tokens = Self.documents.flatMap { tokenizer.encode($0) + [end] }
        return stride(from: 0, to: tokens.count - 1, by: context).map { start in
            var parts: [[Int32]] = [[]]
            for token in tokens[start..<min(tokens.count, start + context + 1)] {
                parts[parts.count - 1].append(token)
                if token == end { parts.append([]) }
            }
            return parts.filter { $0.count > 1 }
        }.filter { !$0.isEmpty }
    }

    /// The sum of the costs of each window's tokens by infer --score.
    private func scored(_ model: String, _ windows: [[[Int32]]], _ options: [String]) throws -> [Double] {
        try windows.map { parts in
            let lines = parts.map { "{\"tokens\": \(ids($0))}\n" }.joined()
            let outcome = try run("infer", [model, "--json", "--score"] + options, input: .text(lines))
            expectDone(outcome)
            let logs = try outcome.lines.flatMap { try JSON(parsing: $0)["logprobs"]?.arrayValue ?? [] }.compactMap(\.doubleValue)
            return -logs.reduce(0, +)
        }
    }

    @Test func `text costs what infer scores it with, with and without thoughts`() throws {
        let model = try thinker(), scratch = try Scratch()
        let data = try scratch.write("x.jsonl", Self.documents.map { JSON.object(["text": .string($0)]).compact + "\n" }.joined())
        let tokenizer = try Tokenizer(json: MappedFile.contents("\(model)/tokenizer.json"))
        let windows = windows(tokenizer, context: 9), predicted = windows.map { $0.flatMap { $0.dropFirst() } }
        let tokens = predicted.map { Double($0.count) }, total = tokens.reduce(0, +)
        let bytes = predicted.map { Double($0.reduce(0) { $0 + tokenizer.decode([$1]).count }) }, allBytes = bytes.reduce(0, +)
        let report = try quality(model, ["--data", data, "--context", "9", "--think", "0,2"]), results = results(report, "text")
        #expect(report["text"]?["windows"] == .integer(windows.count) && windows.count > 4)
        #expect(report["text"]?["tokens"] == .integer(Int(total)) && report["text"]?["bytes"] == .integer(Int(allBytes)))
        let costs = [try scored(model, windows, []), try scored(model, windows, ["--think", "2"])]
        for (result, costs) in zip(results, costs) {
            let nats = costs.reduce(0, +) / total, bits = costs.reduce(0, +) / M_LN2 / allBytes, count = Double(windows.count)
            expectEqual(try number(result, "nats_per_token"), nats, "nats")
            expectEqual(try number(result, "perplexity"), exp(nats), "perplexity")
            expectEqual(try number(result, "bits_per_byte"), bits, "bits")
            let squares: Double = zip(costs, tokens).map { ($0 - nats * $1) * ($0 - nats * $1) }.reduce(0, +)
            expectEqual(try number(result, "nats_per_token_error"), sqrt(squares * count / (count - 1)) / total, "error")
        }
        #expect(results.count == 2 && costs[0] != costs[1] && results[0]["difference"] == nil)
        let difference = (costs[1].reduce(0, +) - costs[0].reduce(0, +)) / total
        expectEqual(try number(results[1], "difference"), difference, "difference")
        #expect(try number(results[1], "difference_lower") < difference && difference < number(results[1], "difference_upper"))
    }

    @Test func `the end of a file is what think-train holds out`() throws {
        let scratch = try Scratch(), out = scratch.file("out"), data = "\(Programs.package)/README.md"
        expectDone(try run("think-train", [
            "--new", "matmul-free:layers=1,width=64,vocabulary=300", "--data", data, "--batch", "2", "--context", "32", "--steps", "2", "--quiet",
            "--held-out", "0.1", "--evaluate-windows", "5", "-o", out,
        ]))
        let log = try MappedFile.contents("\(out)/log.jsonl").split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
        let told = try #require(log.last { $0["held_out_loss"] != nil })
        let report = try quality(out, ["--data", data, "--held-out", "0.1", "--windows", "5", "--context", "32"])
        #expect(report["text"]?["tokens"] == told["held_out_tokens"] && report["text"]?["windows"] == 5)
        let result = try #require(results(report, "text").first)
        expectEqual(try number(result, "nats_per_token"), try number(told, "held_out_loss"), "loss", within: 1e-5)
        expectEqual(try number(result, "bits_per_byte"), try number(told, "held_out_bits_per_byte"), "bits", within: 1e-5)
    }

    // Questions.

    /// Greedy answers of infer to random prompts, and what was thought before them.
    private func greedy(_ model: String, _ prompts: [[Int32]], _ options: [String]) throws -> [(tokens: [Int32], thought: String?)] {
        let options = ["--temperature", "0", "--max-tokens", "2", "--ignore-eos"] + options
        return try answers(model, prompts.map { request($0) }, options).map { ($0.tokens, $0["thoughts"]?.arrayValue?.first?.stringValue) }
    }

    private static let prompts: [[Int32]] = (0..<40).map { index in (0...index % 5).map { Int32((index * 97 + $0 * 131) % 1000) } }

    /// Questions some of whose answers are right without thoughts, some with them, some with either and some with neither.
    private func questions(_ plain: [(tokens: [Int32], thought: String?)], _ thinking: [(tokens: [Int32], thought: String?)]) -> String {
        Self.prompts.enumerated().map { index, prompt in
            var answer = index % 2 == 0 ? plain[index].tokens : thinking[index].tokens
            if index % 5 == 0 { answer[1] = (answer[1] + 1) % 2048 }
            let kind = index % 3 == 2 ? "" : ", \"kind\": \"\(index % 3 == 0 ? "b" : "a")\""
            // What stands before the prompt may come as examples.
            let start = index % 4 == 3 ? "\"examples\": \(ids(prompt.prefix(1))), \"prompt\": \(ids(prompt.dropFirst()))" : "\"prompt\": \(ids(prompt))"
            return "{\(start), \"answer\": \(ids(answer))\(kind), \"hint\": [1]}\n"
        }.joined()
    }

    @Test func `an answer is right if infer would give it`() throws {
        let model = try thinker(), scratch = try Scratch(), out = scratch.file("answers")
        let ways = [try greedy(model, Self.prompts, []), try greedy(model, Self.prompts, ["--think", "2", "--show-thoughts"])]
        let lines = questions(ways[0], ways[1]), file = try scratch.write("q.jsonl", lines)
        let report = try quality(model, ["--questions", file, "--think", "0,2", "--answers", out])
        let found = try MappedFile.contents(out).split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
        let asked = try lines.split(separator: "\n").map { try JSON(parsing: String($0)) }
        #expect(found.count == 80)
        let tokenizer = try Tokenizer(json: MappedFile.contents("\(model)/tokenizer.json"))
        for (place, line) in found.enumerated() {
            let (index, way) = (place / 2, place % 2)
            #expect(line["index"] == .integer(index) && line["think"] == .integer(2 * way))
            #expect(line["kind"] == asked[index]["kind"] ?? .null)
            let answer = (asked[index]["answer"]?.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
            #expect(line["right"] == .bool(ways[way][index].tokens == answer), "\(index) \(way)")
            let thought = (line["thought"]?.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
            #expect(thought.count == 2 * way)
            if way == 1 { #expect(String(decoding: tokenizer.decode(thought, skippingSpecialTokens: false), as: UTF8.self) == ways[1][index].thought) }
        }
        let right = (0..<2).map { way in found.enumerated().filter { $0.offset % 2 == way }.map { $0.element["right"] == true } }
        #expect(zip(right[0], right[1]).contains { $0 && !$1 } && zip(right[0], right[1]).contains { !$0 && $1 }, "thoughts change answers")
        try expectStatistics(report, found)
        let scores = try [[], ["--think", "2"]].map { try scored(model, asked, $0) }
        for (place, line) in found.enumerated() { expectEqual(try number(line, "logprob"), scores[place % 2][place / 2], "logprob") }
    }

    /// log p of each answer by infer --score.
    private func scored(_ model: String, _ asked: [JSON], _ options: [String]) throws -> [Double] {
        let lines = asked.map { question in
            let tokens = ["examples", "prompt", "answer"].flatMap { question[$0]?.arrayValue ?? [] }
            return JSON.object(["tokens": .array(tokens)]).compact + "\n"
        }
        let outcome = try run("infer", [model, "--json", "--score"] + options, input: .text(lines.joined()))
        expectDone(outcome)
        return try outcome.lines.map { try JSON(parsing: $0)["logprobs"]?.arrayValue?.suffix(2).compactMap(\.doubleValue).reduce(0, +) ?? .nan }
    }

    /// What a report says follows from the lines of --answers.
    private func expectStatistics(_ report: JSON, _ lines: [JSON]) throws {
        let results = results(report, "questions")
        #expect(report["questions"]?["count"] == 40)
        #expect(results.map { $0["kind"] } == [.null, .null, "b", "b", "a", "a"] && results.map { $0["think"] } == [0, 2, 0, 2, 0, 2])
        for (place, result) in results.enumerated() {
            let kind = result["kind"] ?? .null, mine = lines.filter { kind == .null || $0["kind"] == kind }
            let ways = [0, 2].map { think in mine.filter { $0["think"] == .integer(think) } }, way = ways[place % 2]
            let right = ways.map { $0.map { $0["right"] == true ? 1.0 : 0 } }, count = Double(way.count)
            let accuracy = right[place % 2].reduce(0, +) / count
            #expect(result["count"] == .integer(way.count))
            expectEqual(try number(result, "accuracy"), accuracy)
            expectEqual(try number(result, "accuracy_error"), sqrt(accuracy * (1 - accuracy) / count))
            expectEqual(try number(result, "logprob"), way.reduce(0) { $0 + ($1["logprob"]?.doubleValue ?? .nan) } / count)
            guard place % 2 == 1 else { continue }
            let differences = zip(right[1], right[0]).map { $0 - $1 }, mean = differences.reduce(0, +) / count
            expectEqual(try number(result, "difference"), mean)
            let squares: Double = differences.map { ($0 - mean) * ($0 - mean) }.reduce(0, +), error = sqrt(squares / (count - 1) / count)
            let reach = try (number(result, "difference_upper") - number(result, "difference_lower")) / 2
            // Student's t for 12 to 39 degrees of freedom.
            #expect(reach >= 2.02 * error && reach <= 2.18 * error, "\(reach) and \(error)")
        }
    }

    @Test func `what is measured together changes nothing, each text has draws of its own`() throws {
        let model = try thinker(), scratch = try Scratch()
        let lines = (Self.prompts + Self.prompts).map { "{\"prompt\": \(ids($0)), \"answer\": [5, 6]}\n" }.joined()
        let options = ["--questions", try scratch.write("q.jsonl", lines), "--data", "\(model)/README.md", "--context", "16", "--think", "1,0,3"]
        let data = try scratch.write("x.txt", "Good night, good night! Parting is such sweet sorrow that I shall say good night till it be morrow.")
        var outputs: [String: [[UInt8]]] = [:]
        for (name, more) in [("1", ["--batch", "1"]), ("7", ["--batch", "7", "--threads", "1"]), ("other", ["--seed", "1"])] {
            let given = options.map { $0 == "\(model)/README.md" ? data : $0 } + more + ["--think-temperature", "1", "--answers", scratch.file(name)]
            let report = try quality(model, given)
            outputs[name] = [Array((report["text"] ?? .null).compact.utf8), Array((report["questions"] ?? .null).compact.utf8), try bytes(of: scratch.file(name))]
        }
        #expect(outputs["1"] == outputs["7"])
        #expect(outputs["1"]?[0] != outputs["other"]?[0] && outputs["1"]?[2] != outputs["other"]?[2])
        let thoughts = try MappedFile.contents(scratch.file("1")).split(separator: 0x0A).map { try JSON(parsing: Array($0))["thought"] }
        #expect(thoughts.count == 240 && thoughts[..<120] != thoughts[120...], "the same questions again are thought about anew")
        // The first text begins with the seed itself.
        let answer = try answers(model, [request(Self.prompts[0])], [
            "--temperature", "0", "--max-tokens", "1", "--think", "3", "--think-temperature", "1", "--show-thoughts",
        ])
        let tokenizer = try Tokenizer(json: MappedFile.contents("\(model)/tokenizer.json"))
        let thought = (thoughts[2]?.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
        #expect(answer.first?["thoughts"]?.arrayValue?.first?.stringValue == String(decoding: tokenizer.decode(thought, skippingSpecialTokens: false), as: UTF8.self))
    }

    @Test func `a model that remembers tokens is asked like any other, its limit is kept`() throws {
        let made = try #require(Made.all.first { $0.golden.name == "bitnet-tiny-packed" }), scratch = try Scratch()
        let config = try JSON(parsing: MappedFile.contents("\(made.folder)/config.json"))
        let limit = try #require(config["max_position_embeddings"]?.intValue)
        let prompt = (0..<limit).map { Int32($0 % 7) }
        let fits = try scratch.write("fits", "{\"prompt\": \(ids(prompt)), \"answer\": [1]}\n")
        let report = try quality(made.packed, ["--questions", fits, "--cache", "int8", "--embedding", "int8"])
        #expect(results(report, "questions").count == 1)
        let longer = try scratch.write("longer", "{\"prompt\": \(ids(prompt)), \"answer\": [1, 1]}\n")
        expectRefused(try run("bench", ["quality", made.packed, "--questions", longer]), "bench", "more than the \(limit)")
        let data = try scratch.write("x.jsonl", "{\"tokens\": [1, 2, 3]}\n")
        expectRefused(try run("bench", ["quality", made.packed, "--data", data, "--context", "\(limit + 1)"]), "bench", "that the model was made for")
    }

    @Test func `a table has a line for each number of tokens of thought`() throws {
        let model = try thinker(), scratch = try Scratch()
        let questions = try scratch.write("q.jsonl", "{\"prompt\": [1], \"answer\": [2], \"kind\": \"x\"}\n{\"prompt\": [3], \"answer\": [4]}\n")
        let data = try scratch.write("x.txt", "O Romeo, Romeo! wherefore art thou Romeo? Deny thy father and refuse thy name.")
        let outcome = try run("bench", ["quality", model, "--questions", questions, "--data", data, "--context", "8", "--think", "2,0"])
        expectDone(outcome)
        let words = outcome.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(words.map { $0.first } == ["text:", "think", "2", "0", nil, "questions:", "kind", "all", "all", "x", "x"])
        #expect(outcome.lines.count { $0.contains("against 2") } == 2 && outcome.lines.count { $0.contains(" to ") } == 2)
    }

    @Test func `the curve is drawn, at once or of records`() throws {
        let model = try thinker(), scratch = try Scratch()
        let options = ["quality", model, "--questions", try scratch.write("q.jsonl", "{\"prompt\": [1], \"answer\": [2]}\n"), "--think", "0,2"]
        let records = try run("bench", options + ["--json"])
        expectDone(records)
        let script = try run("bench", ["plot", scratch.write("records", records.output)])
        expectDone(script)
        #expect(script.text.contains("yerrorlines") && script.text.contains("tokens of thought"))
        let missing = try run("bench", options + ["--plot", scratch.file("x.svg")], environment: ["PATH": "/nowhere"])
        expectRefused(missing, "bench", "there is no gnuplot in the PATH")
        #expect(!missing.errors.contains("-o") && missing.output.isEmpty)
        guard try shell("command -v gnuplot").status == 0 else { return }
        let drawn = try run("bench", options + ["--plot", scratch.file("x.svg")])
        expectDone(drawn)
        #expect(drawn.errors == "" && drawn.lines.first == "questions: 1")
        #expect(try bytes(of: scratch.file("x.svg")).starts(with: Array("<?xml".utf8)))
        #expect(scratch.contents == ["q.jsonl", "records", "x.svg"])
    }

    // Windows and references.

    private static let play = (0..<12).map { "ROMEO:\nGood night, good night! Parting is such sweet sorrow, \($0), that I shall say good night.\n\n" }.joined()

    /// Costs of the tokens that windows predict, each window scored by infer alone.
    private func naive(_ model: String, _ windows: [(tokens: [Int32], scored: Int)]) throws -> Double {
        let lines = windows.map { "{\"tokens\": \(ids($0.tokens))}\n" }.joined()
        let outcome = try run("infer", [model, "--json", "--score"], input: .text(lines))
        expectDone(outcome)
        return try zip(outcome.lines, windows).reduce(0) { sum, pair in
            let logs = try JSON(parsing: pair.0)["logprobs"]?.arrayValue ?? []
            return sum - logs.suffix(pair.1.scored).compactMap(\.doubleValue).reduce(0, +)
        }
    }

    @Test func `windows slide, and are cut as by llama-perplexity`() throws {
        let model = try Made.shakespeare.raw, scratch = try Scratch(), data = try scratch.write("x.txt", Self.play)
        let tokenizer = try Tokenizer(json: MappedFile.contents("\(Made.shakespeare.folder)/tokenizer.json"))
        let text = tokenizer.encode(Self.play), tokens = text + [2]
        // Of 24 tokens, each 10 further; after the first each predicts ten more.
        var windows: [(tokens: [Int32], scored: Int)] = [(Array(tokens[..<25]), 24)]
        for start in stride(from: 10, to: tokens.count - 15, by: 10) {
            let end = min(tokens.count, start + 25)
            windows.append((Array(tokens[start..<end]), end - start - 15))
        }
        let sliding = try quality(model, ["--data", data, "--context", "24", "--stride", "10"])
        #expect(sliding["text"]?["windows"] == .integer(windows.count) && sliding["text"]?["tokens"] == .integer(tokens.count - 1))
        try expectEqual(number(results(sliding, "text")[0], "nats_per_token"), naive(model, windows) / Double(tokens.count - 1), "sliding")
        let words = Self.play.split { $0.isWhitespace }.count
        #expect(sliding["text"]?["words"] == .integer(words - 1), "the first begins in a token that is not predicted")
        let perplexity = exp(try naive(model, windows) / Double(words - 1))
        try expectEqual(number(results(sliding, "text")[0], "word_perplexity"), perplexity, "words")

        let halves = try quality(model, ["--data", data, "--context", "31", "--windowing", "llama.cpp"])
        let chunks = (0..<text.count / 31).map { (tokens: Array(text[$0 * 31..<$0 * 31 + 31]), scored: 15) }
        #expect(halves["text"]?["tokens"] == .integer(15 * chunks.count))
        try expectEqual(number(results(halves, "text")[0], "nats_per_token"), naive(model, chunks) / Double(15 * chunks.count), "halves")
    }

    @Test func `a reference is as far as it is, and no further from itself`() throws {
        let model = try Made.shakespeare.raw, scratch = try Scratch(), data = try scratch.write("x.txt", Self.play)
        let questions = try scratch.write("q.jsonl", (1...9).map { "{\"prompt\": [\($0)], \"answer\": [\($0 + 1)]}\n" }.joined())
        let options = ["--data", data, "--questions", questions, "--context", "40", "--reference", model]
        let own = try quality(model, options), same = results(own, "text")
        #expect(own["reference"] == .string(model) && same.map { $0["reference"] } == [true, false])
        #expect(["divergence", "difference", "difference_lower"].allSatisfy { same[1][$0] == 0.0 } && same[1]["agreement"] == 1.0)
        #expect(results(own, "questions").map { $0["reference"] } == [true, false])
        let other = try quality(model, options + ["--embedding", "int4"]), parts = results(other, "text")
        #expect(try number(parts[1], "divergence") > 0 && number(parts[1], "divergence_error") > 0 && number(parts[1], "agreement") < 1)
        #expect(parts[0] == same[0], "what is done to the model is not done to the reference")
        try expectEqual(number(parts[1], "difference"), number(parts[1], "nats_per_token") - number(parts[0], "nats_per_token"), "difference")
        let alone = try quality(model, ["--data", data, "--context", "40", "--embedding", "int4"])
        #expect(results(alone, "text")[0]["nats_per_token"] == parts[1]["nats_per_token"])
        let table = try run("bench", ["quality", model] + options)
        expectDone(table)
        let first = table.lines.compactMap { $0.split(separator: " ").first }
        #expect(first.count { $0 == "reference" } == 1 && first.count { $0 == "itself" } == 1)
        let plot = try run("bench", ["plot", scratch.write("records", (try run("bench", ["quality", model, "--json"] + options)).output)])
        #expect(plot.status == 0 && plot.text.contains("bits per byte"))
    }
}
