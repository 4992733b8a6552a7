import Basis
import Generation
import Tokens
import Toolkit

/// The questions of a task, in a model's tokens.
struct TaskSample {
    let files: TaskFiles
    let items: [TaskItem]
    /// For each question what is scored: its choices; none where the model has to write.
    let texts: [[ScoredText]]
    /// For each question what the model has to write after.
    let prompts: [[Prompt]]

    struct Prompt {
        let tokens: [Int32]
        let maxTokens: Int
        let stops: [String]
    }

    init(_ files: TaskFiles, _ plan: QualityPlan, _ tokens: TaskTokens) throws {
        self.files = files
        let items = try files.items(limit: plan.limit, shots: plan.shots)
        texts = try items.enumerated().map { number, item in
            try item.continuations.map { try $0.encoded(tokens, seed: plan.seed(ofText: number)) }
        }
        prompts = try items.map { try $0.writings.map { try Prompt($0, tokens) } }
        self.items = items
    }
}

extension TaskItem {
    var continuations: [Continuation] {
        switch kind {
        case .choice(let choices): choices.continuations
        case .completion(let continuation): [continuation]
        case .writing: []
        }
    }

    var writings: [Writing] { if case .writing(let parts) = kind { parts } else { [] } }
}

extension TaskSample.Prompt {
    fileprivate init(_ writing: Writing, _ tokens: TaskTokens) throws {
        switch writing.length {
        case .tokens(let count): maxTokens = count
        case .ofAnswer: maxTokens = tokens.tokenizer.encode(writing.answer, addingSpecialTokens: false).count + 8
        }
        (self.tokens, stops) = (try tokens.prompt(writing.prompt, room: maxTokens), writing.stops)
    }
}
