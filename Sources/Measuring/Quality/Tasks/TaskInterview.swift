import Basis
import Generation
import Models
import Tensors
import Tokens
import Toolkit

/// Asks one model the questions of tasks, in each of its ways.
struct TaskInterview {
    let scorer: Scorer
    let machine: Machine
    let session: Session
    let tokenizer: Tokenizer?
    let endOfText: Set<Int32>
    let thinkers: [Thinker?]
    /// Texts that go through the model together.
    let batch: Int

    /// Calls `take` with what becomes of each question, way after way, and `advance` with how many questions are done.
    func ask(_ sample: TaskSample, _ advance: (Int) -> Void, _ take: (_ question: Int, TaskAnswer) -> Void) throws {
        try score(sample, advance, take)
        try write(sample, advance, take)
    }

    // Log-probabilities.

    private func score(_ sample: TaskSample, _ advance: (Int) -> Void, _ take: (Int, TaskAnswer) -> Void) throws {
        let asked = sample.texts.indices.filter { !sample.texts[$0].isEmpty }
        guard !asked.isEmpty else { return }
        let (scorer, dropped) = try shared(asked.flatMap { sample.texts[$0] })
        for together in batches(of: asked, sample) {
            let groups = together.map { sample.texts[$0].map { $0.dropping(dropped) } }
            for scores in try scorer.scores(ofGroups: groups) {
                for (place, question) in together.enumerated() { take(question, sample.answer(question, scores[place])) }
            }
            advance(together.count)
        }
    }

    /// A scorer that has read what all texts begin with, and how many tokens that is.
    private func shared(_ texts: [ScoredText]) throws -> (Scorer, Int) {
        let count = ScoredText.shared(texts)
        guard count >= TaskInterview.worth, let first = texts.first else { return (scorer, 0) }
        return (try scorer.after(first.tokens.prefix(count)), count)
    }

    /// Tokens that have to be saved by it for a session to be kept.
    private static let worth = 16

    /// Questions of about one length go through the model side by side.
    private func batches(of questions: [Int], _ sample: TaskSample) -> [[Int]] {
        func length(_ question: Int) -> Int { sample.texts[question].map(\.tokens.count).max() ?? 0 }
        var batches: [[Int]] = [], texts = batch
        for question in questions.sorted(by: { (length($0), $1) > (length($1), $0) }) {
            if texts + sample.texts[question].count > batch {
                batches.append([])
                texts = 0
            }
            batches[batches.count - 1].append(question)
            texts += sample.texts[question].count
        }
        return batches
    }

    // Texts that the model writes.

    private func write(_ sample: TaskSample, _ advance: (Int) -> Void, _ take: (Int, TaskAnswer) -> Void) throws {
        let asked = sample.prompts.indices.flatMap { question in sample.prompts[question].indices.map { (question, $0) } }
        guard !asked.isEmpty else { return }
        for (way, thinker) in thinkers.enumerated() {
            var texts = sample.prompts.map { [String](repeating: "", count: $0.count) }, next = 0
            let scheduler = Scheduler(machine, tokenizer: tokenizer, endOfText: endOfText, batch: batch, thinker: thinker)
            let events = Scheduler.Events(text: { _, _ in }) { number, answer in
                texts[asked[number].0][asked[number].1] = String(decoding: answer.text, as: UTF8.self)
            }
            try scheduler.run({ _ in
                guard next < asked.count else { return .end }
                if way == thinkers.count - 1, asked[next].1 == 0 { advance(1) }
                defer { next += 1 }
                return .request(request(sample.prompts[asked[next].0][asked[next].1]))
            }, events)
            for (question, texts) in texts.enumerated() where !texts.isEmpty { take(question, sample.answer(question, texts)) }
        }
    }

    private func request(_ prompt: TaskSample.Prompt) -> Request {
        var request = Request(tokens: prompt.tokens, session: session)
        (request.maxTokens, request.stopStrings) = (prompt.maxTokens, prompt.stops.map { Array($0.utf8) })
        request.sampling.temperature = 0
        return request
    }
}

extension TaskSample {
    fileprivate func answer(_ question: Int, _ scores: [[TokenScore]]) -> TaskAnswer {
        switch items[question].kind {
        case .choice(let choices): choices.answer(scores)
        case .completion(let continuation): continuation.answer(scores[0], texts[question][0])
        case .writing(let parts): parts.answer([])
        }
    }

    fileprivate func answer(_ question: Int, _ texts: [String]) -> TaskAnswer { items[question].writings.answer(texts) }
}
