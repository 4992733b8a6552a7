import Basis
import Generation
import Tokens
import Toolkit

/// Questions with their answers, to be asked.
struct QuestionSample {
    /// Prompt and answer, of which the answer is scored.
    let texts: [ScoredText]
    let kinds: [String?]

    /// Nil where the plan has no questions.
    init?(_ plan: QualityPlan, _ model: OpenModel, _ tokenizer: Tokenizer?) throws {
        guard !plan.questions.isEmpty else { return nil }
        let limit = try ContextLimit(model)
        let questions = try plan.questions.flatMap { path in
            let questions = try Question.read(path, tokenizer, vocabulary: model.graph.outputWidth)
            for (number, question) in questions.enumerated() {
                // The last token of an answer is not read.
                try naming(path) { try placing("question \(number + 1)") { try limit.check(question.text.count - 1) } }
            }
            return questions
        }
        kinds = questions.map(\.kind)
        texts = questions.enumerated().map { number, question in
            ScoredText(question.text, from: question.text.count - question.answer.count, seed: plan.seed(ofText: number))
        }
    }
}

extension Question {
    /// All that the model reads, and the answer.
    fileprivate var text: [Int32] { examples + prompt + answer }
}
