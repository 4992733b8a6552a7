import Basis
import Glibc
import Models
import Tensors

/// A run of training: takes steps, each of which follows from the plan, the data and the state alone.
public final class Trainer {
    public let plan: TrainingPlan
    public let latents: Latents
    public let optimiser: AdamW
    private let method: any LearningMethod
    private var data: TokenData
    private let group: any ProcessGroup
    private var order: WindowOrder
    /// Where its steps are in the run.
    public private(set) var round: Round

    /// Steps taken, those of the rounds before included.
    public var steps: Int { round.start + optimiser.steps }

    /// Where several processes share the run, each of them has a trainer.
    public init(
        _ plan: TrainingPlan, _ method: any LearningMethod, _ bench: Workbench, _ round: Round, _ data: TokenData,
        _ group: any ProcessGroup = SingleProcess()
    ) throws {
        guard plan.batch >= group.count else {
            throw Failure("\(group.count) processes cannot share a batch of \(plan.batch) windows: each needs one at least")
        }
        guard plan.tokensPerPass <= 1 << 28 else {
            throw Failure("\(plan.batch) windows of \(plan.context) tokens are too much for a pass")
        }
        (self.plan, self.method, self.round, self.data, self.group, latents) = (plan, method, round, data, group, bench.latents)
        optimiser = AdamW(latents, plan.optimiser, threads: bench.threads)
        order = try Self.order(plan, data)
    }

    private static func order(_ plan: TrainingPlan, _ data: TokenData) throws -> WindowOrder {
        guard data.training.count > plan.context else {
            throw Failure("\(data.training.count) tokens to learn from are too few for a window of \(plan.context) and the one after it")
        }
        return WindowOrder(tokens: data.training.count, context: plan.context, seed: plan.seed)
    }

    /// Begins a further round, with the latent weights as they are.
    public func begin(_ round: Round, _ data: TokenData) throws {
        order = try Self.order(plan, data)
        (self.round, self.data) = (round, data)
        optimiser.reset()
    }

    /// What a step did.
    public struct Step: Sendable {
        /// Its number, the first of which is 1.
        public let number: Int
        public let measures: Measures
        /// Before clipping.
        public let gradientNorm: Double
        public let rate: Double
        /// Tokens that it learnt from.
        public let tokens: Int
    }

    /// Takes a step; refuses to where the loss or its gradient is no number, or another process is lost before all have their gradients,
    /// and leaves the weights as they were. Where it fails later, the weights are those after the step, and may be no numbers.
    public func step() throws -> Step {
        let number = optimiser.steps, windows = windows(of: number), predicted = windows.reduce(0) { $0 + Batch.predicted($1) }
        let measures = try group.together { try learn(from: windows, of: number, predicted) }.summed(over: group)
        try group.sum(latents.gradients)
        let rate = plan.rate * plan.schedule.share(step: number, of: round.steps, warmup: plan.warmup)
        let norm = measures.loss.isFinite ? optimiser.step(latents, rate: rate) : .nan
        try group.together {
            guard norm.isFinite else {
                throw Failure("the loss of step \(steps + 1) is \(measures.loss), the norm of its gradient \(norm)")
            }
            guard optimiser.areFinite(latents) else { throw Failure("step \(steps) made weights that are no numbers") }
        }
        return Step(number: steps, measures: measures, gradientNorm: norm, rate: rate, tokens: predicted)
    }

    /// Adds up the gradients of this process' part of each pass.
    private func learn(from windows: [[[Int32]]], of step: Int, _ predicted: Int) throws -> Measures {
        guard predicted > 0 else { throw Failure("step \(steps + 1) has no token to predict: its documents are of one token each") }
        var measures = Measures([])
        for pass in 0..<plan.accumulate {
            let batch = windows[pass * plan.batch..<(pass + 1) * plan.batch], share = group.share(of: plan.batch)
            let ends = [share.lowerBound, share.upperBound].map { batch.prefix($0).reduce(0) { $0 + $1.count } }
            let seed = plan.seed &+ UInt64(step * plan.accumulate + pass + 1) &* 0xd134_2543_de82_ef95
            let part = Batch(ends[0]..<ends[1], of: batch.flatMap { $0 }, weight: 1 / Double(predicted), seed: seed)
            measures.add(try method.learn(from: part))
        }
        return measures
    }

    /// Fails where the processes have come to different weights, as they would if one of their machines did not compute as the others do.
    public func compareWeights() throws {
        guard group.count > 1 else { return }
        let digest = latents.values.reduce(UInt64(0)) { ($0 ^ UInt64($1.bitPattern)) &* 0x100_0000_01b3 }
        let digests = try group.gather([Double(digest >> 12)])
        try group.together {
            guard digests.allSatisfy({ $0 == digests[0] }) else { throw Failure("after step \(steps) the weights of the processes differ") }
        }
    }

    /// The texts of each window of a step.
    private func windows(of step: Int) -> [[[Int32]]] {
        (0..<plan.windowsPerStep).map { data.texts(order.window(after: step * plan.windowsPerStep + $0), of: data.training) }
    }

    public struct Evaluation: Sendable {
        /// The mean loss of a predicted token, in nats.
        public let loss: Double
        public let tokens: Int
        /// The loss of all of them by the bytes that they stand for, in bits; nil where nobody knows the bytes.
        public let bitsPerByte: Double?
    }

    /// The loss of `windows` windows spread evenly over what is held out, or of all if there are not more; nil if none is.
    /// `byteCounts` is how many bytes of text each token stands for.
    public func evaluate(windows limit: Int, byteCounts: [Int]?) throws -> Evaluation? {
        let windows = Windows.spread(limit, over: data.heldOut.count, context: plan.context), share = group.share(of: windows.count)
        let own = try group.together { try losses(windows[share], byteCounts) }, sums = try group.sum(own)
        let (loss, tokens, bytes) = (sums[0], sums[1], sums[2])
        guard tokens > 0 else { return nil }
        return Evaluation(loss: loss / tokens, tokens: Int(tokens), bitsPerByte: bytes > 0 ? loss / M_LN2 / bytes : nil)
    }

    /// Of windows of what is held out: their loss, the tokens that are predicted, and the bytes that these stand for.
    private func losses(_ windows: ArraySlice<Range<Int>>, _ byteCounts: [Int]?) throws -> [Double] {
        var loss = 0.0, tokens = 0, bytes = 0
        for start in stride(from: windows.startIndex, to: windows.endIndex, by: plan.batch) {
            let texts = windows[start..<min(windows.endIndex, start + plan.batch)].flatMap { data.texts($0, of: data.heldOut) }
            loss += try method.evaluate(texts)
            tokens += Batch.predicted(texts)
            if let byteCounts { bytes += texts.reduce(0) { $0 + $1.dropFirst().reduce(0) { $0 + byteCounts[Int($1)] } } }
        }
        return [loss, Double(tokens), Double(bytes)]
    }
}
