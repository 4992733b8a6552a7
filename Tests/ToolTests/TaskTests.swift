import Basis
import Glibc
import Support
import TestFiles
import Testing
import Tokens

/// `bench quality --task`, held against lm-evaluation-harness, and against infer where that says nothing.
@Suite struct TaskTests {
    private static let folder = "\(Programs.package)/Tests/Golden/harness"
    private static let model = "\(Programs.package)/Models/english"
    private static let tasks = [
        "arc_easy=\(folder)/arc_easy.jsonl,keys=\(folder)/arc_easy-keys.jsonl", "piqa=\(folder)/piqa.jsonl,keys=\(folder)/piqa-labels.lst",
        "winogrande=\(folder)/winogrande.jsonl", "hellaswag=\(folder)/hellaswag.jsonl", "openbookqa=\(folder)/openbookqa.jsonl",
        "commonsense_qa=\(folder)/commonsense_qa.jsonl", "lambada=\(folder)/lambada.jsonl", "gsm8k=\(folder)/gsm8k.jsonl",
    ]

    /// What `bench quality --json` reports of tasks, and the lines of `--answers`.
    private func ask(_ tasks: [String], _ options: [String] = [], model: String = model) throws -> (tasks: [JSON], answers: [JSON]) {
        let scratch = try Scratch(), answers = scratch.file("answers")
        let outcome = try run("bench", ["quality", model, "--json", "--answers", answers] + tasks.flatMap { ["--task", $0] } + options)
        expectDone(outcome)
        let lines = try MappedFile.contents(answers).split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
        return (try JSON(parsing: outcome.output)["tasks"]?.arrayValue ?? [], lines)
    }

    private func numbers(_ value: JSON?) -> [Double] { (value?.arrayValue ?? []).compactMap(\.doubleValue) }

    @Test func `each question comes out as in lm-evaluation-harness`() throws {
        let expected = try MappedFile.contents("\(Self.folder)/expected.jsonl").split(separator: 0x0A).map { try JSON(parsing: Array($0)) }
        let found = try ask(Self.tasks).answers
        #expect(expected.count == 26 && found.count == 24, "the harness has a line for each filter of gsm8k")
        for line in expected {
            let answer = try #require(found.first { $0["task"] == line["task"] && $0["index"] == line["index"] })
            let logs = answer["logprob"].map { [$0.doubleValue ?? .nan] } ?? numbers(answer["logprobs"]), other = numbers(line["logprobs"])
            #expect(logs.count == other.count && zip(logs, other).allSatisfy { abs($0 - $1) < 1e-3 }, "\(line.compact): \(answer.compact)")
            for metric in ["acc", "acc_norm", "strict", "flexible"] {
                guard let value = line[metric]?.doubleValue else { continue }
                #expect(answer[metric]?.boolValue == (value == 1), "\(metric) of \(line.compact)")
            }
        }
    }

    @Test func `a report follows from the answers`() throws {
        let (tasks, answers) = try ask(Self.tasks)
        for task in tasks {
            let mine = answers.filter { $0["task"] == task["task"] }
            #expect(task["count"] == .integer(mine.count))
            for result in task["results"]?.arrayValue ?? [] {
                let metric = try #require(result["metric"]?.stringValue)
                let isPerplexity = metric == "perplexity"
                let values = mine.map { isPerplexity ? -($0["logprob"]?.doubleValue ?? .nan) : $0[metric] == true ? 1 : 0 }
                let mean = values.reduce(0, +) / Double(values.count), squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
                let error = sqrt(squares / Double(values.count * (values.count - 1))), scale = isPerplexity ? exp(mean) : 1
                #expect(abs((result["value"]?.doubleValue ?? .nan) - (isPerplexity ? scale : mean)) < 1e-9 * scale, "\(result.compact)")
                #expect(abs((result["value_error"]?.doubleValue ?? .nan) - error * scale) < 1e-9 * scale, "\(result.compact)")
            }
        }
    }

    @Test func `tasks are drawn by their metrics`() throws {
        let scratch = try Scratch(), asked = ["--task", "openbookqa=\(Self.folder)/openbookqa.jsonl", "--task", "lambada=\(Self.folder)/lambada.jsonl"]
        let records = try run("bench", ["quality", Self.model, "--json"] + asked)
        let script = try run("bench", ["plot", scratch.write("records", records.output)])
        expectDone(script)
        #expect(script.text.contains("'openbookqa acc_norm'") && script.text.contains("'lambada acc'") && !script.text.contains("perplexity"))
    }

    @Test func `bytes and characters are not the same`() throws {
        let answers = try ask([Self.tasks[0]]).answers, texts = ["naïveté", "a café in the rain — somewhere", "a crème brûlée, of course", "a rôle"]
        let logs = numbers(answers.last?["logprobs"])
        func best(_ lengths: [Int]) -> JSON {
            let scores = zip(logs, lengths).map { $0 / Double($1) }
            return .integer(scores.firstIndex(of: scores.max() ?? 0) ?? -1)
        }
        #expect(answers.last?["choice_by_acc_norm"] == best(texts.map(\.count)) && answers.last?["choice_by_acc_bytes"] == best(texts.map(\.utf8.count)))
        #expect(answers.last?["choice_by_acc"] == best([1, 1, 1, 1]))
    }

    /// log p of a continuation, the plain way: both encoded together, cut behind as many tokens as the context has.
    private func naive(_ tokenizer: Tokenizer, _ context: String, _ text: String, model: String = model) throws -> Double {
        let start = tokenizer.encode(context), rest = tokenizer.encode(context + text).dropFirst(start.count)
        let tokens = (start + rest).map { JSON.integer(Int($0)) }
        let outcome = try run("infer", [model, "--json", "--score"], input: .text(JSON.object(["tokens": .array(tokens)]).compact + "\n"))
        expectDone(outcome)
        return numbers(try JSON(parsing: outcome.output)["logprobs"]).suffix(rest.count).reduce(0, +)
    }

    @Test func `examples stand before a question, whatever is read together`() throws {
        let scratch = try Scratch(), tokenizer = try Tokenizer(json: MappedFile.contents("\(Self.model)/tokenizer.json"))
        let shown = ["Stones are|hard", "Fire is|hot", "Ice is|cold"].map { $0.split(separator: "|").map(String.init) }
        let examples = try scratch.write("examples", shown.map { "{\"query\": \"\($0[0])\", \"choices\": [\"x\", \"\($0[1])\"], \"gold\": 1}\n" }.joined())
        let task = "openbookqa=\(Self.folder)/openbookqa.jsonl,examples=\(examples)"
        let answers = try ask([task], ["--shots", "2", "--limit", "2"]).answers
        #expect(answers.count == 2)
        let start = "Stones are hard\n\nFire is hot\n\n"
        let contexts = ["A hungry dog would rather have", "When the king is gone, the crown belongs to"]
        let choices = [" a bone", "  his son"]
        for (answer, (context, choice)) in zip(answers, zip(contexts, choices)) {
            let expected = try naive(tokenizer, start + context, choice)
            #expect(abs(numbers(answer["logprobs"])[0] - expected) < 1e-9, "white space at the end of a context goes to the choice")
        }
        for batch in ["1", "3"] { #expect(try ask([task], ["--shots", "2", "--limit", "2", "--batch", batch]).answers == answers) }
    }

    @Test func `a model is compared with another question by question`() throws {
        let tasks = Self.tasks.dropLast(), options = ["--embedding", "int4", "--reference", Self.model]
        let (found, answers) = try ask(Array(tasks), options)
        for task in found {
            for result in task["results"]?.arrayValue ?? [] where result["reference"] == false {
                let metric = try #require(result["metric"]?.stringValue), mine = answers.filter { $0["task"] == task["task"] }
                func values(_ reference: Bool) -> [Double] {
                    mine.filter { $0["reference"] == .bool(reference) }.map {
                        metric == "perplexity" ? -($0["logprob"]?.doubleValue ?? .nan) : $0[metric] == true ? 1 : 0
                    }
                }
                let differences = zip(values(false), values(true)).map { $0 - $1 }, mean = differences.reduce(0, +) / Double(differences.count)
                #expect(abs((result["difference"]?.doubleValue ?? .nan) - mean) < 1e-9, "\(result.compact)")
            }
        }
        let (own, other) = (answers.filter { $0["reference"] == true }, answers.filter { $0["reference"] == false })
        #expect(own.count == 22 && other.count == 22 && own.map { $0["logprobs"] } != other.map { $0["logprobs"] })
        #expect(own.map { $0["logprobs"] } == (try ask(Array(tasks)).answers.map { $0["logprobs"] }))
    }

    @Test func `files of llama-perplexity, theory of mind and grids`() throws {
        let scratch = try Scratch(), tokenizer = try Tokenizer(json: MappedFile.contents("\(Self.model)/tokenizer.json"))
        let hellaswag = try scratch.write("h.txt", "Sleep: She goes\n1\nto eat.\nto bed.\nto sea.\nto be.\n")
        let story = "{\"data\": [{\"prompting_type\": \"VP\", \"story\": \"1 Ann left.\\n\\n\", \"question\": \"Where is Ann?\", "
            + "\"choices\": \"A. red_box, B. sea\", \"answer\": \"sea\", \"question_order\": 3}, {\"prompting_type\": \"CoTP\"}]}"
        let answers = try ask(["hellaswag=\(hellaswag)", "hi-tom=\(scratch.write("t.json", story))"]).answers
        #expect(answers.count == 2 && answers[0]["gold"] == 1 && answers[1]["gold"] == 1 && answers[1]["kind"] == "order 3")
        try #expect(abs(numbers(answers[0]["logprobs"])[1] - naive(tokenizer, "Sleep: She goes", " to bed.")) < 1e-9)
        let context = "1 Ann left.\nQuestion: Where is Ann?\nChoices: A. red_box, B. sea\nAnswer:"
        try #expect(abs(numbers(answers[1]["logprobs"])[0] - naive(tokenizer, context, " red_box")) < 1e-9)
        let grids = scratch.folder("grids")
        for name in ["b.json", "a.json", "notes.txt"] {
            let grid = "{\"train\": [{\"input\": [[1]], \"output\": [[2]]}], \"test\": [{\"input\": [[3, 4]], \"output\": [[4, 3], [0, 9]]}]}"
            try scratch.write("grids/\(name)", name == "notes.txt" ? "x" : grid)
        }
        let written = try ask(["arc-agi=\(grids)"]).answers
        #expect(written.count == 2 && written.allSatisfy { $0["gold"] == ["4 3\n0 9\n"] && $0["exact"] == false })
        let prompt = JSON.object(["prompt": "Input:\n1\nOutput:\n2\n\nInput:\n3 4\nOutput:\n", "stop": ["\n\n", "Input"]])
        let tokens = tokenizer.encode("4 3\n0 9\n", addingSpecialTokens: false).count + 8
        let outcome = try run("infer", [Self.model, "--json", "--temperature", "0", "--max-tokens", "\(tokens)"], input: .text(prompt.compact + "\n"))
        #expect(try written[0]["texts"] == [JSON(parsing: outcome.output)["text"] ?? .null])
    }

    @Test(arguments: [
        ("arc_easy", "{\"query\": \"a\", \"choices\": [\"b\"], \"gold\": 1}", "'gold' is none of the 1 choices"),
        ("arc_easy", "{\"query\": \"a\", \"choices\": [], \"gold\": 0}", "'choices' is no array of texts"),
        ("openbookqa", "{\"question\": {\"stem\": \"a\", \"choices\": []}, \"answerKey\": \"A\"}", "'answerKey' is none of the 0 choices"),
        ("openbookqa", "\n", "has no question"), ("piqa", "{\"goal\": \"a\", \"sol1\": \"b\", \"sol2\": \"c\", \"label\": \"2\"}", "'label' is none"),
        ("hellaswag", "a\nb\n", "has 2 lines"), ("hellaswag", "a\n4\nb\nc\nd\ne\n", "line 2: '4' is no number of an ending"), ("hellaswag", "BZh9", "unpack it first"),
        ("winogrande", "{\"sentence\": \"a\", \"option1\": \"b\", \"option2\": \"c\", \"answer\": \"1\"}", "has no gap"),
        ("lambada", "{\"text\": \"word\"}", "a single word"), ("gsm8k", "{\"question\": 1}", "has no text 'question'"),
        ("hi-tom", "[]", "no array 'data'"), ("hi-tom", "{\"data\": [1]}", "item 1: has no text 'choices'"),
        ("arc-agi", "{\"train\": []}", "has no pairs 'train'"), ("arc-agi", "{\"train\": [{\"input\": [[10]]}]}", "no list of digits"),
        ("commonsense_qa", "x", "line 1: "),
    ]) func `what is no task's file is refused`(_ task: String, _ content: String, _ fact: String) throws {
        let path = try Scratch().write("x", content)
        expectRefused(try run("bench", ["quality", Self.model, "--task", "\(task)=\(path)"]), "bench", fact, content)
    }

    @Test func `what cannot be asked is refused`() throws {
        let file = "\(Self.folder)/openbookqa.jsonl", arc = "arc_easy=\(Self.folder)/arc_easy.jsonl"
        for (task, fact) in [
            ("x=\(file)", "there is no task 'x'"), ("x", "is no task"), ("piqa=/nowhere/x", "cannot open '/nowhere/x'"),
            ("openbookqa=\(file),keys=\(file)", "takes no file of keys"), ("\(arc),keys=\(file)", "has no text 'answerKey'"),
            ("piqa=\(Self.folder)/piqa.jsonl,keys=\(try Scratch().write("k", "0\n1\n"))", "has 2 keys for the 3 questions"),
            ("\(arc),keys=\(try Scratch().write("k", "{\"answerKey\": \"A\"}\n"))", "has 1 keys for the 4 questions"),
        ] { expectRefused(try run("bench", ["quality", Self.model, "--task", task]), "bench", fact) }
    }
}
