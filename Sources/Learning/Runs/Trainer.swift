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
    private var order: WindowOrder
    /// Where its steps are in the run.
    public private(set) var round: Round

    /// Steps taken, those of the rounds before included.
    public var steps: Int { round.start + optimiser.steps }

    public init(_ plan: TrainingPlan, _ method: any LearningMethod, _ bench: Workbench, _ round: Round, _ data: TokenData) throws {
        (self.plan, self.method, self.round, self.data, latents) = (plan, method, round, data, bench.latents)
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

    /// Takes a step; refuses to where the loss or its gradient is no number, and leaves the weights as they were.
    public func step() throws -> Step {
        let number = optimiser.steps, windows = windows(of: number), predicted = windows.reduce(0) { $0 + Batch.predicted($1) }
        guard predicted > 0 else { throw Failure("step \(steps + 1) has no token to predict: its documents are of one token each") }
        var measures = Measures([])
        for pass in 0..<plan.accumulate {
            let texts = windows[pass * plan.batch..<(pass + 1) * plan.batch].flatMap { $0 }
            let seed = plan.seed &+ UInt64(number * plan.accumulate + pass + 1) &* 0xd134_2543_de82_ef95
            measures.add(try method.learn(from: Batch(texts: texts, weight: 1 / Double(predicted), seed: seed)))
        }
        let rate = plan.rate * plan.schedule.share(step: number, of: round.steps, warmup: plan.warmup)
        let norm = measures.loss.isFinite ? optimiser.step(latents, rate: rate) : .nan
        guard norm.isFinite else { throw Failure("the loss of step \(steps + 1) is \(measures.loss), the norm of its gradient \(norm)") }
        return Step(number: steps, measures: measures, gradientNorm: norm, rate: rate, tokens: predicted)
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
        var loss = 0.0, tokens = 0, bytes = 0
        let ranges = Windows.spread(limit, over: data.heldOut.count, context: plan.context)
        for start in stride(from: 0, to: ranges.count, by: plan.batch) {
            let texts = ranges[start..<min(ranges.count, start + plan.batch)].flatMap { data.texts($0, of: data.heldOut) }
            loss += try method.evaluate(texts)
            tokens += Batch.predicted(texts)
            if let byteCounts { bytes += texts.reduce(0) { $0 + $1.dropFirst().reduce(0) { $0 + byteCounts[Int($1)] } } }
        }
        guard tokens > 0 else { return nil }
        return Evaluation(
            loss: loss / Double(tokens), tokens: tokens, bitsPerByte: bytes > 0 ? loss / M_LN2 / Double(bytes) : nil)
    }
}
