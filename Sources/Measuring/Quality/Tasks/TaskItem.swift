/// A question of a task, and how its answer is judged.
struct TaskItem: Sendable {
    enum Kind: Sendable {
        /// Which of several continuations is the likeliest.
        case choice(Choices)
        /// Whether the one continuation is what the model would say, token for token.
        case completion(Continuation)
        /// What the model writes, at each of the places where it has to.
        case writing([Writing])
    }

    var kind: Kind
    /// What to count it under; nil where all are of one kind.
    var group: String?

    init(_ kind: Kind, group: String? = nil) { (self.kind, self.group) = (kind, group) }
}

/// What follows a context.
struct Continuation: Hashable, Sendable {
    let context: String
    let text: String

    init(_ context: String, _ text: String) { (self.context, self.text) = (context, text) }
}

/// Several continuations, one of which is right.
struct Choices: Sendable {
    var continuations: [Continuation]
    /// The choices as the task words them, by whose lengths the log-probabilities may be divided; empty where the task has no such measure.
    let texts: [String]
    let gold: Int

    /// The usual form: one context, which a space parts from each choice.
    init(_ context: String, _ texts: [String], gold: Int, areWeighed: Bool = true) {
        continuations = texts.map { Continuation(context, " " + $0) }
        (self.texts, self.gold) = (areWeighed ? texts : [], gold)
    }

    init(_ continuations: [Continuation], gold: Int) { (self.continuations, texts, self.gold) = (continuations, [], gold) }
}

/// Something to be written, and the rule by which it is judged.
struct Writing: Sendable {
    var prompt: String
    /// What would be right.
    let answer: String
    /// Where writing ends.
    let stops: [String]
    let length: Length
    let rule: Rule

    enum Length: Hashable, Sendable {
        case tokens(Int)
        /// As many tokens as the answer has, and a few more: what is longer is wrong.
        case ofAnswer
    }

    enum Rule: Sendable {
        /// The number behind `####`, and the last number, as GSM8K has it.
        case number
        /// A grid of digits, as ARC-AGI has it.
        case grid
    }
}

extension TaskItem {
    /// The question with what is right, as an example for another.
    var example: String {
        switch kind {
        case .choice(let choices): choices.continuations[choices.gold].whole
        case .completion(let continuation): continuation.whole
        case .writing(let parts): parts.map { "\($0.prompt) \($0.answer)" }.joined(separator: "\n\n")
        }
    }

    /// The same with a text before it.
    func after(_ text: String) -> TaskItem {
        switch kind {
        case .choice(var choices):
            choices.continuations = choices.continuations.map { Continuation(text + $0.context, $0.text) }
            return TaskItem(.choice(choices), group: group)
        case .completion(let continuation):
            return TaskItem(.completion(Continuation(text + continuation.context, continuation.text)), group: group)
        case .writing(var parts):
            for index in parts.indices { parts[index].prompt = text + parts[index].prompt }
            return TaskItem(.writing(parts), group: group)
        }
    }
}

extension Continuation {
    fileprivate var whole: String { context + text }
}
