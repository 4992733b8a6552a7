import Basis
import Generation
import Models
import Tensors
import Tokens
import Toolkit

/// Asks a model, and the reference if there is one, all that a plan asks. Models are loaded after everything else has been read.
public struct QualityRun {
    private let plan: QualityPlan
    /// In the order of the ways.
    private let subjects: [QualitySubject]
    private let scorers: [Scorer]
    private let interviews: [TaskInterview]
    /// Of text, where there is a reference.
    private let pairs: PairScorer?
    private let tokenTexts: [TokenText]?

    public init(_ plan: QualityPlan, _ kernels: Kernels, _ pool: ThreadPool) throws {
        let model = try QualitySubject(plan, pool)
        let reference = try plan.reference.map { _ in try QualitySubject(plan, reference: true, pool) }
        self.plan = plan
        subjects = [reference, model].compactMap { $0 }
        guard reference == nil || reference?.text?.texts == model.text?.texts else {
            throw Failure("the reference '\(plan.reference ?? "")' makes other tokens of the data, and so cannot be compared on it")
        }
        tokenTexts = model.tokenizer?.tokenTexts(model.model.graph.outputWidth)
        let thinkers = try subjects.map { try $0.thinkers() }, loaded = try subjects.map { try $0.load(kernels, pool) }
        scorers = zip(loaded, thinkers).map { Scorer($0.machine, from: $0.session, ways: $1) }
        interviews = subjects.indices.map { [subjects, scorers] index in
            TaskInterview(
                scorer: scorers[index], machine: loaded[index].machine, session: loaded[index].session,
                tokenizer: subjects[index].tokenizer, endOfText: subjects[index].model.specialTokens.end, thinkers: thinkers[index],
                batch: plan.batch)
        }
        pairs = reference == nil || model.text == nil ? nil : try PairScorer(reference: loaded[0], model: loaded[1])
        for (subject, scorer) in zip(subjects, scorers) {
            for text in (subject.text?.texts ?? []) + (subject.questions?.texts ?? []) { try scorer.check(text) }
        }
    }

    /// Tells `progress` of every part of the whole.
    public func report(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> QualityReport {
        let total = (subjects.last?.text?.texts.count ?? 0) + subjects.reduce(0) { $0 + $1.questionCount }
        var done = 0
        func advance(by texts: Int) {
            done += texts
            progress(done, total)
        }
        return QualityReport(plan: plan, text: try predict(advance), questions: try ask(advance), tasks: try askTasks(advance))
    }

    private func predict(_ advance: (Int) -> Void) throws -> TextQuality? {
        guard let sample = subjects.last?.text, let scorer = scorers.last else { return nil }
        var quality = TextQuality(sample, ways: plan.ways.count)
        if let pairs {
            try inBatches(of: sample.texts, advance, pairs.scores) {
                quality.add($1, of: sample.texts[$0], in: sample.windows[$0], tokenTexts)
            }
        } else {
            try score(sample.texts, scorer, advance) { quality.add($1, of: sample.texts[$0], in: sample.windows[$0], tokenTexts) }
        }
        return quality
    }

    private func ask(_ advance: (Int) -> Void) throws -> QuestionQuality? {
        guard let sample = subjects.last?.questions else { return nil }
        var quality = QuestionQuality(sample)
        for (subject, scorer) in zip(subjects, scorers) {
            guard let sample = subject.questions else { continue }
            try score(sample.texts, scorer, advance) { quality.add($1, of: sample.texts[$0], at: $0) }
        }
        return quality
    }

    private func askTasks(_ advance: (Int) -> Void) throws -> [TaskQuality] {
        try (subjects.last?.tasks ?? []).enumerated().map { number, sample in
            var quality = TaskQuality(sample)
            for (subject, interview) in zip(subjects, interviews) {
                try interview.ask(subject.tasks[number], advance) { quality.add($1, at: $0) }
            }
            return quality
        }
    }

    /// Calls `take` with the scores of each text, in each way of a scorer.
    private func score(
        _ texts: [ScoredText], _ scorer: Scorer, _ advance: (Int) -> Void, _ take: (_ text: Int, _ scores: [[TokenScore]]) -> Void
    ) throws {
        try inBatches(of: texts, advance, { texts in
            let scores = try scorer.scores(of: texts)
            return texts.indices.map { text in scores.map { $0[text] } }
        }, take)
    }

    /// Calls `take` with what `score` gives for each text. Texts of about one length go through the model side by side.
    private func inBatches<Score>(
        of texts: [ScoredText], _ advance: (Int) -> Void, _ score: ([ScoredText]) throws -> [Score],
        _ take: (_ text: Int, _ score: Score) -> Void
    ) throws {
        let order = texts.indices.sorted { (texts[$0].count, texts[$0].start, $1) > (texts[$1].count, texts[$1].start, $0) }
        for start in stride(from: 0, to: order.count, by: plan.batch) {
            let together = order[start..<min(order.count, start + plan.batch)]
            for (text, score) in zip(together, try score(together.map { texts[$0] })) { take(text, score) }
            advance(together.count)
        }
    }
}

extension QualitySubject {
    fileprivate var questionCount: Int { (questions?.texts.count ?? 0) + tasks.reduce(0) { $0 + $1.items.count } }
}
