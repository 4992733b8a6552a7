import Basis
import Catalog
import Learning
import LinearAlgebra
import Models
import Star
import Support
import Tensors
import Testing
import Tokens
import Toolkit

/// What STaR generates, and what it keeps: in a ternary model with a recurrent state, and in one that attends.
@Suite struct StarTests {
    static let models = ["mmfree-train", "bitnet-tiny-bf16"]
    private static let prompts: [[Int32]] = [[3, 14, 15, 92, 65], [8], [9, 79, 3], [2, 71, 82, 81, 82, 8, 4]]

    /// A model ready to be taught, and to be run as `infer` does.
    private struct Bench {
        let model: OpenModel
        let bench: Workbench
        let trace: Trace

        /// `separator` stands for the model's end of text.
        init(_ name: String, separator: Int32? = nil, threads count: Int = 2, memoryLimit: Int = .max) throws {
            let threads = ThreadPool(threads: count)
            model = try OpenModel("\(Programs.package)/Tests/Golden/\(name)", threads: threads)
            let latents = try Latents(model.graph.weights)
            try latents.load(from: model.checkpoint.tensors, kernels: .best)
            bench = Workbench(
                graph: model.graph, configuration: try model.checkpoint.configuration(), tokenizer: try model.tokenizer(),
                separator: separator, latents: latents, quantiser: Catalog.quantisers[0], products: OpenBLASProducts(threads: threads),
                kernels: .best, threads: threads, memoryLimit: memoryLimit)
            trace = try bench.trace(bench.graph)
        }

        func said(
            _ prompts: [[Int32]], ends: [[Int32]] = [], length: Int, rows: Int = 1000, temperature: Double = 0
        ) throws -> [Continuation.Said] {
            let sampler = TokenSampler(kernels: bench.kernels, threads: bench.threads, temperature: temperature)
            let seeds = prompts.indices.map { UInt64($0) }
            return try Continuation(trace, sampler, ends: ends, length: length)(prompts, seeds: seeds, rows: rows)
        }

        /// Each token from all before it, fed anew.
        func naive(_ prompt: [Int32], length: Int) throws -> [Int32] {
            var text = prompt
            for _ in 0..<length {
                try trace.begin(rows: text.count)
                let logits = try trace.extend { forest in forest.add(text: text) }
                text.append(likeliest((0..<logits.width).map { logits[text.count - 1][$0] }))
            }
            return Array(text[prompt.count...])
        }

        /// As `infer` answers.
        func inferred(_ prompt: [Int32], length: Int) throws -> [Int32] {
            let machine = try model.machine(.best, bench.threads)
            var session = machine.graph.session, next = prompt, said: [Int32] = []
            for _ in 0..<length {
                var feeds = [Machine.Feed(session, next[...], wanted: .last)], token: Int32 = 0
                try machine.run(&feeds) { _, _, row in token = likeliest(Array(row)) }
                (session, next) = (feeds[0].session, [token])
                said.append(token)
            }
            return said
        }

        private func likeliest(_ logits: [Float]) -> Int32 { Int32(logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }) }

        func star(_ options: String) throws -> Star {
            try Star(bench, PluginOptions(parsing: options).declared(as: Star.options))
        }
    }

    @Test(arguments: models) func `it generates what the text fed again for each token gives, and what infer answers`(_ model: String) throws {
        let bench = try Bench(model), said = try bench.said(Self.prompts, length: 12)
        for (prompt, said) in zip(Self.prompts, said) {
            #expect(said.tokens.count == 12 && !said.hasEnded)
            #expect(try said.tokens == bench.naive(prompt, length: 12))
            #expect(try said.tokens == bench.inferred(prompt, length: 12))
        }
    }

    @Test(arguments: models, [0, 1.0]) func `neither passes nor memory nor threads change it`(_ model: String, _ temperature: Double) throws {
        func said(rows: Int = 1000, threads: Int = 2, memory: Int = .max, temperature: Double = temperature) throws -> [[Int32]] {
            let bench = try Bench(model, threads: threads, memoryLimit: memory)
            return try bench.said(Self.prompts, length: 9, rows: rows, temperature: temperature).map(\.tokens)
        }
        let whole = try said()
        for rows in [1, 30] { #expect(try said(rows: rows) == whole) }
        for threads in [1, 3] { #expect(try said(threads: threads) == whole) }
        #expect(try said(memory: 0) == whole)
        #expect(try (said(temperature: 0) == whole) == (temperature == 0))
    }

    @Test(arguments: models) func `a text ends where an end is said, which does not belong to it`(_ model: String) throws {
        let bench = try Bench(model), all = try bench.said(Self.prompts, length: 12).map(\.tokens)
        let end = Array(all[0][4...5]), other = all[2][3]
        let said = try bench.said(Self.prompts, ends: [end, [other]], length: 12)
        for (said, all) in zip(said, all) {
            let place = all.indices.first { all[$0] == other || $0 > 0 && Array(all[$0 - 1...$0]) == end }
            let expected = place.map { all[$0] == other ? all[..<$0] : all[..<($0 - 1)] } ?? all[...]
            #expect(said.tokens == Array(expected) && said.hasEnded == (place != nil))
        }
        #expect(said.contains { $0.hasEnded })
    }

    /// A prompt, what the model says to it up to a token that we let end texts, and where in that a token stands that we let be the marker.
    private struct Exchange {
        let prompt: [Int32], said: [Int32], end: Int32, marker: Int

        var answer: [Int32] { Array(said[(marker + 1)...]) }

        init(_ model: String) throws {
            let bench = try Bench(model), all = try bench.said(StarTests.prompts, length: 24).map(\.tokens)
            var found: [([Int32], [Int32], Int32, Int)] = []
            for (prompt, all) in zip(StarTests.prompts, all) where prompt.count > 2 {
                // A token that comes once, after some others; of those before it one that comes once, not the last.
                guard let end = (4..<24).first(where: { !all[..<$0].contains(all[$0]) }) else { continue }
                let said = Array(all[..<end])
                guard let marker = said.indices.dropLast().last(where: { place in said.count { $0 == said[place] } == 1 }) else { continue }
                found.append((prompt, said, all[end], marker))
            }
            (prompt, said, end, marker) = try #require(found.first)
        }
    }

    private func question(
        _ prompt: [Int32], _ answer: [Int32], hint: [Int32]? = nil, examples: [Int32]? = nil
    ) throws -> Question {
        func list(_ tokens: [Int32]) -> JSON { .array(tokens.map { .integer(Int($0)) }) }
        var line: JSONObject = ["prompt": list(prompt), "answer": list(answer)]
        if let hint { line["hint"] = list(hint) }
        if let examples { line["examples"] = list(examples) }
        return try Array(JSON.object(line).compact.utf8).withUnsafeBytes { try Question(json: $0, nil, vocabulary: 1000) }
    }

    @Test(arguments: models) func `what is right is kept, without hint and examples`(_ model: String) throws {
        let e = try Exchange(model), bench = try Bench(model, separator: e.end), options = "star:marker=#\(e.said[e.marker]),length=24"
        let star = try bench.star(options), asking = Asking(mayHint: true, rows: 500, seed: 0), wrong = e.answer + [5], other: [Int32] = [7, 7]
        #expect(try bench.said([other], ends: [[e.end]], length: 24)[0].tokens != e.said)
        let questions = [
            try question(e.prompt, e.answer), try question(e.prompt, wrong), try question(other, e.answer, hint: e.prompt),
            try question(Array(e.prompt[2...]), e.answer, examples: Array(e.prompt[..<2])),
            try question(other, e.answer, hint: Array(e.prompt[2...]), examples: Array(e.prompt[..<2])), try question(e.prompt, wrong, hint: e.prompt),
        ]
        let right = Rationale(after: e.prompt, e.said, isHinted: false), hinted = Rationale(after: other, e.said, isHinted: true)
        let bare = Rationale(after: Array(e.prompt[2...]), e.said, isHinted: false)
        #expect(try star.rationales(to: questions, asking) == [right, nil, hinted, bare, hinted, nil])
        let plain = [right, nil, nil, bare, nil, nil]
        #expect(try star.rationales(to: questions, Asking(mayHint: false, rows: 500, seed: 0)) == plain)
        #expect(try bench.star(options + ",rationalise=false").rationales(to: questions, asking) == plain)
    }

    @Test(arguments: models) func `an answer that is cut is wrong, even where it looks right`(_ model: String) throws {
        let e = try Exchange(model), bench = try Bench(model, separator: e.end), questions = [try question(e.prompt, e.answer)]
        for (length, isRight) in [(e.said.count, false), (e.said.count + 1, true)] {
            let star = try bench.star("star:marker=#\(e.said[e.marker]),length=\(length)")
            #expect(try (star.rationales(to: questions, Asking(mayHint: true, rows: 500, seed: 0))[0] != nil) == isRight)
        }
        let stopping = try Bench(model, separator: 999).star("star:marker=#\(e.said[e.marker]),stop=#\(e.end),length=24")
        #expect(try stopping.rationales(to: questions, Asking(mayHint: true, rows: 500, seed: 0))[0]?.document == e.prompt + e.said)
    }

    @Test func `each round has more steps, from as many as were asked for`() throws {
        func rounds(_ options: String, _ steps: Int) throws -> [Int] {
            try Star.rounds(PluginOptions(parsing: options).declared(as: Star.options), steps: steps)
        }
        #expect(try rounds("star", 40) == [40, 48, 57, 69, 82])
        #expect(try rounds("star:rounds=3,grow=1", 7) == [7, 7, 7])
        #expect(try rounds("star:rounds=3,grow=0.1", 5) == [5, 1, 1])
        #expect(try rounds("star:rounds=1000,grow=100", 5).max() == 1_000_000_000)
        let all = Round.all([40, 48])
        #expect(all.map(\.number) == [1, 2] && all.map(\.start) == [0, 40] && all.map(\.end) == [40, 88])
    }
}

/// When an answer is right.
@Suite struct AnswerRuleTests {
    private static func tokenizer(_ name: String) throws -> Tokenizer {
        try #require(try OpenModel("\(Programs.package)/Tests/Golden/\(name)", threads: ThreadPool(threads: 1)).tokenizer())
    }

    @Test(arguments: ["mmfree-train", "mmfree-tiny-opts"], [
        ("3 + 4 = 7 #### 7", true), ("#### 7", true), ("so it is 7 ####7 \n", true), ("####\n 7\n\n", true), ("3 + 4 = 7", false), ("", false),
        ("7 ####", false), ("#### 7 #### 8", false), ("#### 8 #### 7", true), ("#### 77", false), ("#### 7.", false), ("### 7", false),
        ("#### 7 8", false),
    ]) func `what comes after the last marker has to be the answer`(_ name: String, _ example: (said: String, isRight: Bool)) throws {
        let tokenizer = try Self.tokenizer(name)
        let rule = try AnswerRule(SpelledTokens("####", tokenizer, vocabulary: 1 << 20), tokenizer)
        for answer in ["7", " 7", "7\n"] {
            let said = tokenizer.encode(example.said, addingSpecialTokens: false)
            #expect(rule.isRight(said, answer: tokenizer.encode(answer, addingSpecialTokens: false)) == example.isRight, "\(example)")
        }
        #expect(!rule.isRight(tokenizer.encode("####", addingSpecialTokens: false), answer: tokenizer.encode(" ", addingSpecialTokens: false)))
    }

    @Test func `markers and answers may be tokens`() throws {
        let one = try AnswerRule(SpelledTokens("#7", nil, vocabulary: 10), nil), two = try AnswerRule(SpelledTokens("#7#8", nil, vocabulary: 10), nil)
        #expect(one.isRight([1, 7, 2, 3], answer: [2, 3]) && one.isRight([7, 7, 2], answer: [2]))
        #expect(!one.isRight([1, 2, 3], answer: [2, 3]) && !one.isRight([7, 2, 7, 3], answer: [2]) && !one.isRight([7, 2, 3], answer: [2]))
        #expect(two.isRight([7, 7, 8, 2], answer: [2]) && !two.isRight([7, 2], answer: [2]) && !two.isRight([8, 7, 2], answer: [2]))
    }

    @Test func `tokens are spelled as text or by number`() throws {
        let tokenizer = try Self.tokenizer("mmfree-train")
        func spelled(_ text: String) throws -> SpelledTokens { try SpelledTokens(text, tokenizer, vocabulary: 1000) }
        #expect(try spelled("#12").tokens == [12] && spelled("#12#999").tokens == [12, 999] && spelled("#12").text == nil)
        for text in ["####", "#", "#-1", "#+1", "# 1", "#1#"] {
            #expect(try spelled(text).tokens == tokenizer.encode(text, addingSpecialTokens: false) && spelled(text).text == text)
        }
        for text in ["", "#1000", "#12#1000"] { #expect(throws: Failure.self) { try spelled(text) } }
        #expect(throws: Failure.self) { try SpelledTokens("a", nil, vocabulary: 1000) }
    }
}
