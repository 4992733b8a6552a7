import Basis
import Glibc
import Learning
import Models
import Tensors

/// What a pass with thoughts is worth, and the gradient by its rows (Zelikman et al. 2024, "Quiet-STaR", algorithm 1, as the original code
/// has it):
///
///     L = ½ mean(base losses) + ½ Σ_j mean(losses of mixed rows, j tokens ahead) / ahead + β L_policy
///
/// where a thought's reward is by how much less it makes the losses of the tokens ahead, its advantage what of that is more than the mean
/// of its token's thoughts, or 0, and L_policy the mean of -advantage · log softmax(logits / temperature)[token] over the thoughts' tokens.
package final class Objective {
    package struct Options {
        /// n_true: tokens ahead that a thought is judged by.
        let ahead: Int
        /// β.
        let policy: Double
        /// Of the log-likelihoods of thoughts' tokens; not of their drawing.
        let temperature: Double
        /// The share of the loss without thoughts.
        let base: Double

        package init(ahead: Int, policy: Double, temperature: Double, base: Double) {
            (self.ahead, self.policy, self.temperature, self.base) = (ahead, policy, temperature, base)
        }
    }

    package let options: Options
    private let thinking: Thinking
    private let head: Trace
    private let loss: CrossEntropy
    private let kernels: Kernels
    private let threads: ThreadPool
    private let width: Int

    /// What the last pass was worth.
    package private(set) var results = Results()

    package struct Results {
        /// Of each text's tokens but the last: the loss without a thought.
        package var base: [[Double]] = []
        /// Of each thought, for each token ahead: the loss with it; 0 beyond the text.
        package var mixed: [[Double]] = []
        package var rewards: [Double] = []
        package var advantages: [Double] = []
        /// log softmax(logits / temperature) of the thoughts' tokens, step by step, where the advantage is not 0.
        package var likelihoods: [[Double]] = []
        package var baseLoss = 0.0
        package var mixedLoss = 0.0
        package var policyLoss = 0.0
    }

    package init(_ bench: Workbench, _ thinking: Thinking, _ options: Options) throws {
        (self.thinking, self.options) = (thinking, options)
        let graph = try bench.graph.following(Thinking.recall)
        head = try bench.trace(graph)
        width = bench.graph.nodes[try bench.graph.node(named: Thinking.hidden)].form.width
        (kernels, threads) = (bench.kernels, bench.threads)
        loss = CrossEntropy(kernels: kernels, threads: threads)
    }

    /// Takes the weights as they are now.
    package func begin() throws { try head.begin(rows: 1) }

    /// The logits of rows without a thought before them.
    package func logits(_ hidden: Rows) throws -> Rows {
        head.beginAgain(rows: hidden.count)
        return try head.extend { forest in for _ in 0..<hidden.count { forest.add(0) } } give: { given in
            for row in 0..<hidden.count { self.pair(given[row], hidden[row], hidden[row]) }
        }
    }

    /// The logits of rows mixed with rows of the text, and with which weights.
    package func mixed(_ base: Rows, _ thoughts: Rows) throws -> (logits: Rows, weights: [Float]) {
        head.beginAgain(rows: thoughts.count)
        let logits = try head.extend { forest in for _ in 0..<thoughts.count { forest.add(Int32(thinking.end)) } } give: { given in
            for row in 0..<thoughts.count { self.pair(given[row], base[row], thoughts[row]) }
        }
        let weights = try head.rows(of: Thinking.weight)
        return (logits, (0..<thoughts.count).map { weights[$0][0] })
    }

    private func pair(_ given: UnsafeMutablePointer<Float>, _ base: UnsafePointer<Float>, _ thought: UnsafePointer<Float>) {
        given.update(from: base, count: width)
        (given + width).update(from: thought, count: width)
    }

    /// Adds the gradient by the weights behind the thoughts to the latents', and that by the rows of `hidden` to `gradient`, both times
    /// `share`. Without a gradient only the losses are found.
    package func callAsFunction(_ pass: ThoughtPass, _ hidden: Rows, share: Double, gradient: Rows?) throws {
        results = Results()
        try baseLosses(pass, hidden, share, gradient)
        try mixedLosses(pass, hidden, share, gradient)
        judge(pass)
        try policy(pass, hidden, share, gradient)
    }

    /// A row of the head: two rows of the pass, the token ahead, and what its loss counts.
    private struct Item {
        let base: Int
        let row: Int
        let target: Int32
        let weight: Double
    }

    /// The losses of items, whose gradients are added.
    private func losses(_ items: [Item], token: Int32, _ hidden: Rows, _ gradient: Rows?) throws -> [Double] {
        guard !items.isEmpty else { return [] }
        head.beginAgain(rows: items.count)
        let logits = try head.extend { forest in for _ in items { forest.add(token) } } give: { given in
            for (index, item) in items.enumerated() { self.pair(given[index], hidden[item.base], hidden[item.row]) }
        }
        let targets = items.map(\.target)
        guard let gradient else { return loss(logits, targets: targets) }
        var losses: [Double] = []
        head.pull { losses = loss(logits, targets: targets, weights: items.map { Float($0.weight) }, gradient: $0) }
        addGiven(items, to: gradient)
        return losses
    }

    private func addGiven(_ items: [Item], to gradient: Rows) {
        let given = head.givenGradient
        for (index, item) in items.enumerated() {
            for place in 0..<width {
                gradient[item.base][place] += given[index][place]
                gradient[item.row][place] += given[index][width + place]
            }
        }
    }

    private func baseLosses(_ pass: ThoughtPass, _ hidden: Rows, _ share: Double, _ gradient: Rows?) throws {
        let count = Double(max(1, pass.whole.followed(ahead: 1))), weight = options.base * share / count
        let items = pass.texts.enumerated().flatMap { text, tokens in
            tokens.indices.dropLast().map {
                Item(base: pass.row(text, $0), row: pass.row(text, $0), target: tokens[$0 + 1], weight: weight)
            }
        }
        var found = try losses(items, token: 0, hidden, gradient)[...]
        for text in pass.texts {
            results.base.append(Array(found.prefix(max(0, text.count - 1))))
            found = found.dropFirst(max(0, text.count - 1))
        }
        results.baseLoss = results.base.reduce(0) { $0 + $1.reduce(0, +) } / count
    }

    private func mixedLosses(_ pass: ThoughtPass, _ hidden: Rows, _ share: Double, _ gradient: Rows?) throws {
        let counts = (0..<options.ahead).map { pass.copies * pass.whole.followed(ahead: $0 + 1) }
        var items: [Item] = [], places: [(thought: Int, ahead: Int)] = []
        for ahead in 0..<options.ahead {
            let first = pass.stepRows[pass.drawn.count + 1 + ahead]
            let weight = (1 - options.base) * share / Double(options.ahead) / Double(max(1, counts[ahead]))
            for (index, thought) in pass.thoughts.enumerated() {
                guard let target = pass.token(thought, ahead: ahead + 1) else { continue }
                let base = pass.row(thought.text, thought.position + ahead)
                items.append(Item(base: base, row: first + index, target: target, weight: weight))
                places.append((index, ahead))
            }
        }
        results.mixed = Array(repeating: Array(repeating: 0, count: options.ahead), count: pass.thoughts.count)
        for (place, loss) in zip(places, try losses(items, token: Int32(thinking.end), hidden, gradient)) {
            results.mixed[place.thought][place.ahead] = loss
            results.mixedLoss += loss / Double(options.ahead * counts[place.ahead])
        }
    }
}

// What thoughts are worth.
extension Objective {
    /// Rewards, and what of each is more than its token's thoughts have on average.
    private func judge(_ pass: ThoughtPass) {
        let judged = pass.whole.judged(ahead: options.ahead), copies = pass.copies
        results.rewards = zip(pass.thoughts, results.mixed).map { thought, losses in
            guard thought.position < judged else { return 0 }
            return losses.enumerated().reduce(0) { sum, loss in
                guard pass.token(thought, ahead: loss.offset + 1) != nil else { return sum }
                return sum + results.base[thought.text][thought.position + loss.offset] - loss.element
            }
        }
        results.advantages = results.rewards.indices.map { index in
            let first = index / copies * copies, mean = results.rewards[first..<first + copies].reduce(0, +) / Double(copies)
            return max(0, results.rewards[index] - (copies > 1 ? mean : 0))
        }
    }

    private func policy(_ pass: ThoughtPass, _ hidden: Rows, _ share: Double, _ gradient: Rows?) throws {
        let steps = pass.drawn.count, judged = pass.whole.judged(ahead: options.ahead)
        let entries = judged * pass.whole.lengths.count * pass.copies
        let chosen = results.advantages.indices.filter { results.advantages[$0] > 0 }
        results.likelihoods = Array(repeating: Array(repeating: 0, count: pass.thoughts.count), count: steps)
        guard steps > 0, entries > 0, !chosen.isEmpty else { return }
        let places = (0..<steps).flatMap { step in chosen.map { (step: step, thought: $0) } }
        let rows = places.map { pass.stepRows[$0.step] + $0.thought }, logits = try plainLogits(hidden, rows)
        let factor = options.policy * share / Double(steps * entries)
        for (index, place) in places.enumerated() {
            let likelihood = likelihood(logits[index], logits.width, Int(pass.drawn[place.step][place.thought]), 0, nil)
            results.likelihoods[place.step][place.thought] = likelihood
            results.policyLoss -= results.advantages[place.thought] * likelihood / Double(steps * entries)
        }
        guard let gradient else { return }
        head.pull { rows in
            for (index, place) in places.enumerated() {
                let token = Int(pass.drawn[place.step][place.thought])
                _ = likelihood(logits[index], logits.width, token, factor * results.advantages[place.thought], rows[index])
            }
        }
        addGiven(rows.map { Item(base: $0, row: $0, target: 0, weight: 0) }, to: gradient)
    }

    /// The logits of some rows, nothing mixed into them.
    private func plainLogits(_ hidden: Rows, _ rows: [Int]) throws -> Rows {
        head.beginAgain(rows: rows.count)
        return try head.extend { forest in for _ in rows { forest.add(0) } } give: { given in
            for (index, row) in rows.enumerated() { self.pair(given[index], hidden[row], hidden[row]) }
        }
    }

    /// log softmax(logits / temperature)[token], without the tokens that thoughts never have; -weight times its gradient goes to
    /// `gradient`.
    private func likelihood(
        _ logits: UnsafeMutablePointer<Float>, _ width: Int, _ token: Int, _ weight: Double, _ gradient: UnsafeMutablePointer<Float>?
    ) -> Double {
        for id in [thinking.start, thinking.end] where id < width { logits[id] = -.infinity }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { scratch in
            guard let start = scratch.baseAddress else { return 0 }
            var largest = -Float.infinity
            for id in 0..<width { largest = max(largest, logits[id]) }
            let total = kernels.exponentials(
                logits, largest: largest, factor: Float(1 / options.temperature), count: width, into: gradient ?? start)
            if let gradient {
                let scale = Float(weight / options.temperature / total)
                for id in 0..<width { gradient[id] *= scale }
                gradient[token] -= Float(weight / options.temperature)
            }
            return Double(logits[token] - largest) / options.temperature - log(total)
        }
    }
}
