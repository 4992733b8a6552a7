import Generation

/// How well a model answers questions.
public struct QuestionQuality {
    /// A question, and what became of it in each way.
    struct Question {
        let kind: String?
        var answers: [Answer] = []
    }

    struct Answer {
        /// Whether a greedy answer would have been this one, token for token.
        let isRight: Bool
        /// log p(answer | prompt), in nats.
        let logProbability: Double
        /// What was thought before its first token.
        let thought: [Int32]

        init(_ scores: [TokenScore], _ answer: ArraySlice<Int32>) {
            isRight = scores.map(\.likeliest) == Array(answer)
            logProbability = scores.reduce(0) { $0 + $1.logProbability }
            thought = scores.first?.thought ?? []
        }
    }

    private(set) var questions: [Question]

    /// Nothing of the sample is asked yet.
    init(_ sample: QuestionSample) { questions = sample.kinds.map { Question(kind: $0) } }

    /// Adds a question's scores, in further ways.
    mutating func add(_ scores: [[TokenScore]], of text: ScoredText, at index: Int) {
        questions[index].answers += scores.map { Answer($0, text.tokens[text.start...]) }
    }

    /// All questions, then those of each kind, in the order in which kinds first appear.
    var groups: [Group] {
        var kinds: [String] = [], members: [String: [Question]] = [:]
        for question in questions {
            guard let kind = question.kind else { continue }
            if members[kind] == nil { kinds.append(kind) }
            members[kind, default: []].append(question)
        }
        return [Group(kind: nil, questions: questions)] + kinds.map { Group(kind: $0, questions: members[$0] ?? []) }
    }

    /// Questions that are counted together.
    struct Group {
        /// Nil is all.
        let kind: String?
        let questions: [Question]

        func accuracy(_ way: Int) -> Estimate { Estimate(questions.count { $0.answers[way].isRight }, of: questions.count) }

        func logProbability(_ way: Int) -> Estimate { Estimate(mean: questions.map { $0.answers[way].logProbability }) }

        /// How much more often answers are right than in the first way, question by question.
        func difference(_ way: Int) -> Estimate {
            Estimate(mean: questions.map { ($0.answers[way].isRight ? 1 : 0) - ($0.answers[0].isRight ? 1 : 0) })
        }
    }
}
