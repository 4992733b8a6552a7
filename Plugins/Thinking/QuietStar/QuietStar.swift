import Basis
import Learning
import Models
import Tensors

/// Quiet-STaR (Zelikman et al. 2024, https://arxiv.org/abs/2403.09629): a language model learns to think behind every token, by how much
/// better it then predicts the tokens ahead.
public final class QuietStar: LearningMethod {
    public static let name = "quiet-star"
    public static let options = [
        PluginOption("tokens", "8", "tokens of a thought, between its start and its end"),
        PluginOption("thoughts", "2", "thoughts behind each token"),
        PluginOption("ahead", "4", "tokens ahead that a thought is judged by"),
        PluginOption("policy", "1", "weight of the policy's loss"),
        PluginOption("temperature", "1", "of drawing thoughts"),
        PluginOption("likelihood-temperature", "3", "of the likelihoods that the policy's loss is made of"),
        PluginOption("base", "0.5", "share of the loss without thoughts"),
        PluginOption("start", "—", "text whose first token's embedding the start of a thought begins with"),
        PluginOption("end", "—", "the same of the end"),
        PluginOption("filler", "none", "text whose first token fills all thoughts, so that nothing is drawn"),
        PluginOption("scale", "100", "what the embeddings of these are multiplied by"),
    ]
    public static let operations: [any Operation.Type] = [Boundary.self, Recall.self, Mix.self]

    /// What config.json says of how the model thinks. A model that thinks already goes on with the same tokens.
    public static func thinking(_ options: PluginOptions, _ subject: MethodSubject) throws -> JSON? {
        var thinking = try subject.configuration["thinking"]?.objectValue ?? [
            "start": .integer(subject.graph.outputWidth), "end": .integer(subject.graph.outputWidth + 1),
            "scale": .number(try options.number("scale", in: 1e-3...1e6)),
            "start_from": .integer(try subject.token(options.string("start"))),
            "end_from": .integer(try subject.token(options.string("end"))),
        ]
        let filler = options.string("filler")
        thinking["filler"] = filler == "none" ? nil : .integer(try subject.token(filler))
        (thinking["method"], thinking["tokens"]) = (.string(name), .integer(try options.integer("tokens", in: 0...1 << 16)))
        return .object(thinking)
    }

    public static func graph(_ graph: Graph, thinking: JSON) throws -> Graph { try graph.thinking(Thinking(thinking)) }

    /// The last layer of the small network begins with zeros, so that nothing is mixed in; starts and ends as the tokens that they come
    /// from.
    public static func initialValues(of weight: Weight, _ latents: Latents, thinking: JSON) throws -> InitialValues {
        let scale = try Thinking(thinking).scale
        switch weight.source {
        case Thinking.startEmbedding: return try embedding(thinking["start_from"], weight, latents, scale)
        case Thinking.endEmbedding: return try embedding(thinking["end_from"], weight, latents, scale)
        default: return weight.shape.count == 1 || weight.rows == 1 ? .constant(0) : .normal(deviation: 0.02)
        }
    }

    private static func embedding(_ token: JSON?, _ weight: Weight, _ latents: Latents, _ scale: Float) throws -> InitialValues {
        guard let table = latents.weights.firstIndex(where: { $0.kind == .table && $0.columns == weight.columns }),
            let token = token?.intValue, (0..<latents.weights[table].rows).contains(token)
        else { throw Failure("the model has no embedding for '\(weight.source)' to begin with") }
        let row = latents.values(table)[token * weight.columns..<(token + 1) * weight.columns]
        return .given(row.map { $0 / scale } + [Float](repeating: 0, count: weight.columns))
    }

    private let thinking: Thinking
    private let copies: Int
    private let count: Int
    private let body: Trace
    private let objective: Objective
    private let sampler: TokenSampler
    private let greedy: TokenSampler

    public init(_ bench: Workbench, _ options: PluginOptions) throws {
        thinking = try Thinking(bench.configuration["thinking"] ?? .null)
        copies = try options.integer("thoughts", in: 1...64)
        count = try options.integer("tokens", in: 0...1 << 16)
        body = try bench.trace(bench.graph.leading(to: Thinking.hidden))
        let goal = Objective.Options(
            ahead: try options.integer("ahead", in: 1...64), policy: try options.number("policy", in: 0...1e12),
            temperature: try options.number("likelihood-temperature", in: 1e-3...1e3), base: try options.number("base", in: 0...1))
        objective = try Objective(bench, thinking, goal)
        let banned = [thinking.start, thinking.end]
        sampler = TokenSampler(
            kernels: bench.kernels, threads: bench.threads, temperature: try options.number("temperature", in: 0...100), banned: banned)
        greedy = TokenSampler(kernels: bench.kernels, threads: bench.threads, temperature: 0, banned: banned)
    }

    public func learn(from batch: Batch) throws -> Measures {
        let whole = WholePass(lengths: batch.lengths), share = batch.weight * Double(whole.followed(ahead: 1))
        let results = try results(of: batch, whole, share: share), options = objective.options
        let loss = options.base * results.baseLoss + (1 - options.base) * results.mixedLoss + options.policy * results.policyLoss
        let rewards = results.rewards.reduce(0, +) / Double(max(1, copies * whole.followed(ahead: 1)))
        return Measures([
            ("loss", share * loss), ("base_loss", share * results.baseLoss), ("thought_loss", share * results.mixedLoss),
            ("policy_loss", share * results.policyLoss), ("reward", share * rewards),
        ])
    }

    /// What a batch is worth, whose gradients are added. Texts of one token each have nothing to think about.
    private func results(of batch: Batch, _ whole: WholePass, share: Double) throws -> Objective.Results {
        guard Batch.predicted(batch.texts) > 0 else { return Objective.Results() }
        var pass = ThoughtPass(batch.texts, copies: copies, of: whole)
        try run(&pass, sampler, ahead: objective.options.ahead, batch.seed, first: batch.first)
        try body.pull { gradient in try objective(pass, body.outputs, share: share, gradient: gradient) }
        return objective.results
    }

    /// With one thought behind each token, the likeliest at each step, judged by the next token.
    public func evaluate(_ texts: [[Int32]]) throws -> Double {
        guard Batch.predicted(texts) > 0 else { return 0 }
        var pass = ThoughtPass(texts, copies: 1)
        try run(&pass, greedy, ahead: objective.options.ahead, 0)
        try objective(pass, body.outputs, share: 1, gradient: nil)
        return objective.results.mixed.reduce(0) { $0 + ($1.first ?? 0) }
    }

    /// `first` is the place of the first text in its pass, so that draws do not depend on who has the text.
    private func run(_ pass: inout ThoughtPass, _ sampler: TokenSampler, ahead: Int, _ seed: UInt64, first: Int = 0) throws {
        let thoughts = pass.thoughts
        try objective.begin()
        try pass.run(body, thinking, count: count, ahead: ahead) { step, rows in
            if let filler = thinking.filler { return [Int32](repeating: filler, count: thoughts.count) }
            let seeds = thoughts.map { TokenSampler.seed(seed, [first + $0.text, $0.position, $0.copy, step]) }
            return sampler.tokens(try objective.logits(rows), seeds: seeds)
        }
    }
}
