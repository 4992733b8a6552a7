import Basis
import Learning
import Models
import QuietStar
import Support
import Tensors
import Testing

/// What holds of thoughts in every model: here in a ternary one with a recurrent state, and in one that attends.
@Suite struct QuietStarLaws {
    static let models = ["mmfree-train", "bitnet-tiny-bf16"]
    private static let thinking: JSON = ["method": "quiet-star", "start": 5000, "end": 5001, "scale": 100, "tokens": 3]
    private static let texts: [[Int32]] = [[3, 14, 15, 92, 65, 35], [8, 9, 79, 3]]

    private func bench(_ model: String, noise: Bool = true, memoryLimit: Int = .max) throws -> ThinkingBench {
        try ThinkingBench("\(Programs.package)/Tests/Golden/\(model)", Self.thinking, noise: noise, memoryLimit: memoryLimit)
    }

    /// Thoughts whose tokens follow from their place, but for one.
    private func run(
        _ bench: ThinkingBench, copies: Int = 2, ahead: Int = 3, changing changed: Int? = nil, same: Bool = false
    ) throws -> ThoughtPass {
        var pass = ThoughtPass(Self.texts, copies: copies)
        let thoughts = pass.thoughts
        try pass.run(bench.body, bench.thinking, count: 3, ahead: ahead) { step, _ in
            thoughts.enumerated().map { index, thought in
                let copy = same ? 0 : thought.copy
                return Int32((7 * thought.position + 31 * copy + 5 * step + 13 * thought.text + (index == changed ? 1 : 0)) % 90)
            }
        }
        return pass
    }

    @Test(arguments: models) func `a thought equals the text before it fed again, and the thought after that`(_ model: String) throws {
        let bench = try bench(model), pass = try run(bench), hidden = bench.body.outputs
        let found = pass.stepRows.map { first in pass.thoughts.indices.map { numbers(hidden, first + $0) } }
        for (index, thought) in pass.thoughts.enumerated() {
            let text = pass.texts[thought.text], prefix = Array(text[...thought.position])
            let ahead = (1..<3).map { pass.token(thought, ahead: $0) ?? 0 }
            let drawn = pass.drawn.map { $0[index] }
            let tokens: [Int32] = prefix + [Int32(bench.thinking.start)] + drawn + [Int32(bench.thinking.end)] + ahead
            try bench.body.begin(rows: tokens.count)
            let rows = try bench.body.extend { $0.add(text: tokens) }
            for step in found.indices {
                let expected = numbers(rows, prefix.count + step)
                let worst = zip(found[step][index], expected).map { abs($0 - $1) / (1 + abs($1)) }.max() ?? 1
                #expect(worst < 1e-5, "step \(step) of thought \(index): \(worst)")
            }
        }
    }

    @Test(arguments: models) func `a thought changes nothing at another`(_ model: String) throws {
        let bench = try bench(model), changed = 4
        let plain = try run(bench), before = (0..<bench.body.outputs.count).map { numbers(bench.body.outputs, $0) }
        _ = try run(bench, changing: changed)
        let own = Set(plain.stepRows.dropFirst().map { $0 + changed })
        for row in before.indices { #expect((numbers(bench.body.outputs, row) == before[row]) == !own.contains(row), "row \(row)") }
    }

    @Test(arguments: models) func `at the beginning mixed logits are those without a thought, bit for bit`(_ model: String) throws {
        let bench = try bench(model, noise: false), objective = try bench.objective(ahead: 3, policy: 1)
        try objective.begin()
        let pass = try run(bench), hidden = bench.body.outputs
        for (index, thought) in pass.thoughts.enumerated() {
            let text = hidden.rows(pass.row(thought.text, thought.position)), row = hidden.rows(pass.stepRows[4] + index)
            let plain = numbers(try objective.logits(text), 0), mixed = try objective.mixed(text, row)
            #expect(mixed.weights == [0] && numbers(mixed.logits, 0) == plain)
        }
        try objective(pass, hidden, share: 1, gradient: nil)
        #expect(objective.results.rewards.allSatisfy { $0 == 0 } && objective.results.policyLoss == 0)
        #expect(abs(objective.results.baseLoss - objective.results.base.flatMap { $0 }.reduce(0, +) / 8) < 1e-12)
    }

    @Test(arguments: models) func `equal thoughts teach nothing about thinking`(_ model: String) throws {
        let bench = try bench(model), objective = try bench.objective(ahead: 2, policy: 1)
        try objective.begin()
        try objective(run(bench, ahead: 2, same: true), bench.body.outputs, share: 1, gradient: nil)
        #expect(objective.results.policyLoss == 0 && objective.results.advantages.allSatisfy { abs($0) < 1e-12 })
        try objective(run(bench, ahead: 2), bench.body.outputs, share: 1, gradient: nil)
        #expect(objective.results.policyLoss != 0 && objective.results.advantages.contains { $0 > 0 })
    }

    /// The losses and gradients of every weight, with a policy and without memory.
    @Test(arguments: models) func `the limit of memory changes no gradient`(_ model: String) throws {
        let gradients = try [Int.max, 0].map { limit in
            let bench = try bench(model, memoryLimit: limit), objective = try bench.objective(ahead: 2, policy: 10)
            try objective.begin()
            let pass = try run(bench, ahead: 2)
            try bench.body.pull { try objective(pass, bench.body.outputs, share: 1, gradient: $0) }
            return Array(bench.bench.latents.gradients)
        }
        #expect(gradients[0] == gradients[1] && gradients[0].contains { $0 != 0 })
    }

    /// What `infer` runs: the same graph, token after token.
    @Test(arguments: models) func `a forked session ends its thought with the mixed logits`(_ model: String) throws {
        let bench = try bench(model), objective = try bench.objective(ahead: 1, policy: 0)
        try objective.begin()
        let pass = try run(bench, copies: 1, ahead: 1), machine = try bench.machine()
        for (index, thought) in pass.thoughts.enumerated() {
            let text = pass.texts[thought.text][...thought.position]
            let row = bench.body.outputs.rows(pass.stepRows[4] + index)
            let expected = numbers(try objective.mixed(bench.body.outputs.rows(pass.row(thought.text, thought.position)), row).logits, 0)
            var feeds = [Machine.Feed(bench.bench.graph.session, ArraySlice(text), wanted: .none)]
            try machine.run(&feeds) { _, _, _ in }
            var branch = feeds[0].session
            let thoughtTokens = [Int32(bench.thinking.start)] + pass.drawn.map { $0[index] } + [Int32(bench.thinking.end)]
            var found: [Float] = []
            feeds = [Machine.Feed(branch, thoughtTokens[...], wanted: .last)]
            try machine.run(&feeds) { _, _, logits in found = Array(logits) }
            branch = feeds[0].session
            // Attention over a forest sums in another order than over pages, and roundings may flip behind that.
            if model == "mmfree-train" { #expect(found == expected, "thought \(index)") }
            let error = zip(found, expected).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
            #expect(error < 1e-4 * expected.reduce(0.0) { $0 + Double($1 * $1) }, "thought \(index): \(error)")
        }
    }
}
