import Basis
import Glibc
import Learning
import Models
import QuietStar
import Safetensors
import Support
import Tensors
import Testing

/// What the original code made of a batch: thoughts, weights, rewards, losses and gradients.
struct ThinkingGolden: Sendable, CustomStringConvertible {
    let name: String
    let folder: String
    let json: JSON
    let file: SafetensorsFile

    var description: String { name }

    /// One without and one with padding; of the folder that TERN_GOLDEN names, if it is set.
    static let all: [ThinkingGolden] = {
        let folder = (getenv("TERN_GOLDEN").map { String(cString: $0) } ?? "\(Programs.package)/Tests/Golden") + "/quietstar-tiny"
        return ["golden", "golden_pad"].compactMap { name in
            guard let json = try? JSON(parsing: MappedFile.contents("\(folder)/\(name).json")),
                let mapped = try? MappedFile("\(folder)/\(name).safetensors"), let file = try? SafetensorsFile(mapped)
            else { return nil }
            return ThinkingGolden(name: name, folder: folder, json: json, file: file)
        }
    }()

    func shape(_ key: String) -> [Int] { file.index(of: key).map { file.entries[$0].shape } ?? [] }
    func has(_ key: String) -> Bool { file.index(of: key) != nil }

    func floats(_ key: String) throws -> [Float] { try bytes(key) { $0.loadUnaligned(fromByteOffset: 4 * $1, as: Float.self) } }
    func integers(_ key: String) throws -> [Int32] { try bytes(key) { $0.loadUnaligned(fromByteOffset: 4 * $1, as: Int32.self) } }

    private func bytes<Value>(_ key: String, _ value: (UnsafeRawBufferPointer, Int) -> Value) throws -> [Value] {
        guard let index = file.index(of: key) else { throw Failure("'\(name)' records no '\(key)'") }
        return try file.withBytes(index) { bytes in (0..<bytes.count / 4).map { value(bytes, $0) } }
    }

    /// The texts, without what fills them up.
    func texts() throws -> [[Int32]] {
        let ids = try integers("input_ids"), mask = try integers("attention_mask"), width = shape("input_ids")[1]
        return stride(from: 0, to: ids.count, by: width).map { start in
            (start..<start + width).filter { mask[$0] != 0 }.map { ids[$0] }
        }
    }
}

@Suite struct QuietStarGoldenTests {
    private static let thinking: JSON = ["method": "quiet-star", "start": 1024, "end": 1025, "scale": 100, "tokens": 3]

    private struct Run {
        let golden: ThinkingGolden
        let bench: ThinkingBench
        let objective: Objective
        var pass: ThoughtPass
        let copies: Int
        let width: Int

        /// `recorded` is what the recorded thoughts are called, `copies` of them behind each token.
        init(_ golden: ThinkingGolden, policy: Double, thoughts recorded: String = "thought_tokens", copies: Int = 2) throws {
            (self.golden, self.copies) = (golden, copies)
            bench = try ThinkingBench(golden.folder, QuietStarGoldenTests.thinking)
            objective = try bench.objective(ahead: 3, policy: policy)
            pass = ThoughtPass(try golden.texts(), copies: copies)
            width = golden.shape("input_ids")[1]
            let (golden, thoughts, width) = (golden, pass.thoughts, width)
            try objective.begin()
            try pass.run(bench.body, bench.thinking, count: 3, ahead: 3) { step, _ in
                let tokens = try golden.integers("\(recorded).\(step + 1)")
                return thoughts.map { tokens[($0.text * copies + $0.copy) * width + $0.position] }
            }
        }

        /// The place of a thought in a recorded tensor of `width` numbers a row.
        func place(_ thought: ThoughtPass.Thought, _ width: Int) -> Int { (thought.text * copies + thought.copy) * width + thought.position }
    }

    @Test func `the numbers are there`() { #expect(ThinkingGolden.all.map(\.name) == ["golden", "golden_pad"]) }

    /// The tokens of every pass: the start, those drawn, the end, and the text's own.
    @Test(arguments: ThinkingGolden.all) func `thoughts are fed what the original feeds them`(_ golden: ThinkingGolden) throws {
        let run = try Run(golden, policy: 0), thinking = run.bench.thinking
        for step in 0..<7 {
            let recorded = try golden.integers("next_tokens.\(step)")
            for (index, thought) in run.pass.thoughts.enumerated() {
                guard step < 5 || run.pass.token(thought, ahead: step - 4) != nil else { continue }
                let fed = run.bench.body.forest.tokens[run.pass.stepRows[step] + index], place = run.place(thought, run.width)
                let expected = step == 0 ? Int32(thinking.start) : step == 4 ? Int32(thinking.end) : recorded[place]
                #expect(fed == expected && recorded[place] == expected, "pass \(step + 1)")
            }
        }
    }

    /// The original evaluates with one thought behind each token.
    @Test(arguments: ThinkingGolden.all) func `what is said after a thought is the original's`(_ golden: ThinkingGolden) throws {
        let run = try Run(golden, policy: 0, thoughts: "eval.thought_tokens", copies: 1), hidden = run.bench.body.outputs
        let recorded = try golden.floats("eval.logits")
        for (index, thought) in run.pass.thoughts.enumerated() {
            let base = hidden.rows(run.pass.row(thought.text, thought.position))
            let found = numbers(try run.objective.mixed(base, hidden.rows(run.pass.stepRows[4] + index)).logits, 0)
            let start = run.place(thought, run.width) * found.count
            expectClose(found, Array(recorded[start..<start + found.count]), "eval.logits")
        }
    }

    @Test(arguments: ThinkingGolden.all) func `every row is the original's`(_ golden: ThinkingGolden) throws {
        let run = try Run(golden, policy: 1e6), hidden = run.bench.body.outputs, d = hidden.width
        for step in 0..<8 {
            let recorded = try golden.floats("hidden.\(step)")
            for (index, thought) in run.pass.thoughts.enumerated() {
                let row = step == 0 ? run.pass.row(thought.text, thought.position) : run.pass.stepRows[step - 1] + index
                guard step <= 5 || run.pass.token(thought, ahead: step - 5) != nil else { continue }
                let start = run.place(thought, run.width) * d
                expectClose(numbers(hidden, row), Array(recorded[start..<start + d]), "hidden.\(step)")
            }
        }
    }

    @Test(arguments: ThinkingGolden.all) func `weights, logits and losses are the original's`(_ golden: ThinkingGolden) throws {
        let run = try Run(golden, policy: 1e6), hidden = run.bench.body.outputs, thoughts = run.pass.thoughts
        for step in 1..<8 {
            let ahead = max(0, step - 5), weights = try golden.floats("mix_weight.\(step)")
            let losses = try golden.floats("unreduced_loss.\(step)"), lossWidth = golden.shape("unreduced_loss.\(step)")[1]
            for (index, thought) in thoughts.enumerated() {
                guard let target = run.pass.token(thought, ahead: ahead + 1) else { continue }
                let base = hidden.rows(run.pass.row(thought.text, thought.position + ahead))
                let (logits, weight) = try run.objective.mixed(base, hidden.rows(run.pass.stepRows[step - 1] + index))
                expectClose(weight, [weights[run.place(thought, run.width)]], "mix_weight.\(step)")
                let found = numbers(logits, 0)
                expectClose([Float(-logSoftmax(found, Int(target)))], [losses[run.place(thought, lossWidth)]], "unreduced_loss.\(step)")
                if golden.has("logits.\(step)") {
                    let start = run.place(thought, run.width) * found.count
                    expectClose(found, Array(try golden.floats("logits.\(step)")[start..<start + found.count]), "logits.\(step)")
                }
                if golden.has("thought_logits.\(step)"), index % 7 == 0 {
                    let plain = numbers(try run.objective.logits(hidden.rows(run.pass.stepRows[step - 1] + index)), 0)
                    let start = run.place(thought, run.width) * plain.count
                    expectClose(plain, Array(try golden.floats("thought_logits.\(step)")[start..<start + plain.count]), "thought_logits.\(step)")
                }
            }
        }
    }

    @Test(arguments: ThinkingGolden.all) func `rewards and losses are the original's`(_ golden: ThinkingGolden) throws {
        let run = try Run(golden, policy: 1e6)
        try run.objective(run.pass, run.bench.body.outputs, share: 1, gradient: nil)
        let results = run.objective.results
        let rewards = try golden.floats("policy_reward"), advantages = try golden.floats("train_policy_reward")
        let judged = golden.shape("policy_reward")[1]
        for (index, thought) in run.pass.thoughts.enumerated() where thought.position < judged {
            expectClose([Float(results.rewards[index])], [rewards[run.place(thought, judged)]], "policy_reward")
            expectClose([Float(results.advantages[index])], [advantages[run.place(thought, judged)]], "train_policy_reward")
            for ahead in 0..<3 where thought.position < golden.shape("reward_step.\(5 + ahead)")[1] {
                guard run.pass.token(thought, ahead: ahead + 1) != nil else { continue }
                let recorded = try ["reward_step", "reward_base_loss"].map { name in
                    let key = "\(name).\(5 + ahead)"
                    return try golden.floats(key)[run.place(thought, golden.shape(key)[1])]
                }
                let base = results.base[thought.text][thought.position + ahead], gain = base - results.mixed[index][ahead]
                expectClose([Float(gain), Float(base)], recorded, "reward_step and reward_base_loss")
            }
            guard results.advantages[index] > 0, golden.has("action_loglik.1") else { continue }
            for step in 0..<3 {
                let recorded = try golden.floats("action_loglik.\(step + 1)"), width = golden.shape("action_loglik.\(step + 1)")[1]
                expectClose([Float(results.likelihoods[step][index])], [recorded[run.place(thought, width)]], "action_loglik")
                let actor = try golden.floats("actor_loss.\(step + 1)")
                let found = -results.advantages[index] * results.likelihoods[step][index]
                expectClose([Float(found)], [actor[run.place(thought, judged)]], "actor_loss")
            }
        }
        let nll = 0.5 * results.baseLoss + 0.5 * results.mixedLoss
        expectClose([Float(nll)], try golden.floats("nll_loss"), "nll_loss")
        expectClose([Float(results.policyLoss)], try golden.floats("policy_loss"), "policy_loss")
        expectClose([Float(nll + 1e6 * results.policyLoss)], try golden.floats("total_loss"), "total_loss")
    }

    @Test(arguments: ThinkingGolden.all, ["grad_nll", "grad_total"])
    func `gradients are the original's`(_ golden: ThinkingGolden, _ kind: String) throws {
        let run = try Run(golden, policy: kind == "grad_nll" ? 0 : 1e6), latents = run.bench.bench.latents
        try run.bench.body.pull { try run.objective(run.pass, run.bench.body.outputs, share: 1, gradient: $0) }
        var compared = 0
        for (index, name) in latents.names.enumerated() where golden.has("\(kind).\(name)") {
            let found = Array(latents.gradients(index)), expected = try golden.floats("\(kind).\(name)")
            let error = size(zip(found, expected).map { $0 - $1 }) / max(size(expected), 1e-12)
            #expect(error < 1e-3, "\(name): \(error)")
            compared += 1
        }
        #expect(compared > 8)
    }

    private func size(_ values: [Float]) -> Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }

    private func logSoftmax(_ logits: [Float], _ token: Int) -> Double {
        let largest = logits.max() ?? 0
        return Double(logits[token] - largest) - log(logits.reduce(0.0) { $0 + exp(Double($1 - largest)) })
    }

    private func expectClose(_ a: [Float], _ b: [Float], _ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let worst = zip(a, b).map { abs($0 - $1) / (1 + abs($1)) }.max() ?? .infinity
        #expect(a.count == b.count && worst < 1e-4, "\(what): off by \(worst)", sourceLocation: sourceLocation)
    }
}

extension Rows {
    /// One row.
    func rows(_ row: Int) -> Rows { part(row..<row + 1) }
}
