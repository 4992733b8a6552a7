import Basis
import Generation
import Models
import Tensors
import Tokens
import Toolkit

/// Asks a model all that a plan asks of it. The model is loaded once, after everything else has been read.
public struct QualityRun {
    private let plan: QualityPlan
    private let text: TextSample?
    private let questions: QuestionSample?
    private let byteCounts: [Int]?
    private let scorer: Scorer

    public init(_ plan: QualityPlan, _ kernels: Kernels, _ pool: ThreadPool) throws {
        let model = try OpenModel(plan.model, layout: plan.layout, threads: pool), tokenizer = try model.tokenizer()
        let ways = try plan.think.map { try QualityRun.thinker(plan, model, length: $0) }
        self.plan = plan
        text = try TextSample(plan, model, tokenizer)
        questions = try QuestionSample(plan, model, tokenizer)
        byteCounts = tokenizer?.byteCounts(model.graph.outputWidth)
        let machine = try model.machine(kernels, pool, tables: plan.embedding)
        scorer = Scorer(machine, from: machine.graph.emptySession(cache: plan.cache), ways: ways)
        for text in (text?.texts ?? []) + (questions?.texts ?? []) { try scorer.check(text) }
    }

    private static func thinker(_ plan: QualityPlan, _ model: OpenModel, length: Int) throws -> Thinker? {
        guard length > 0 else { return nil }
        var thinker = try naming(plan.model) { try Thinker(model.checkpoint.configuration(), length: length) }
        thinker.temperature = plan.thinkTemperature
        return thinker
    }

    /// Tells `progress` of every part of the whole.
    public func report(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> QualityReport {
        let total = (text?.texts.count ?? 0) + (questions?.texts.count ?? 0)
        var done = 0
        func advance(by texts: Int) {
            done += texts
            progress(done, total)
        }
        return QualityReport(plan: plan, text: try predict(advance), questions: try ask(advance))
    }

    private func predict(_ advance: (Int) -> Void) throws -> TextQuality? {
        guard let sample = text else { return nil }
        var quality = TextQuality(sample, ways: plan.think.count)
        try score(sample.texts, advance) { quality.add($1, of: sample.texts[$0], in: sample.windows[$0], byteCounts) }
        return quality
    }

    private func ask(_ advance: (Int) -> Void) throws -> QuestionQuality? {
        guard let sample = questions else { return nil }
        var quality = QuestionQuality(sample)
        try score(sample.texts, advance) { quality.add($1, of: sample.texts[$0], at: $0) }
        return quality
    }

    /// Calls `take` with the scores of each text, in each way. Texts of about one length go through the model side by side.
    private func score(
        _ texts: [ScoredText], _ advance: (Int) -> Void, _ take: (_ text: Int, _ scores: [[TokenScore]]) -> Void
    ) throws {
        let order = texts.indices.sorted { (texts[$0].count, texts[$0].start, $1) > (texts[$1].count, texts[$1].start, $0) }
        for start in stride(from: 0, to: order.count, by: plan.batch) {
            let together = order[start..<min(order.count, start + plan.batch)]
            let scores = try scorer.scores(of: together.map { texts[$0] })
            for (place, text) in together.enumerated() { take(text, scores.map { $0[place] }) }
            advance(together.count)
        }
    }
}
