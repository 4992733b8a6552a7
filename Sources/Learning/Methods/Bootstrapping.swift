import Basis
import Tokens

/// A method whose texts the model writes itself: the data are questions with their answers, and what a round learns from is what the model
/// that came out of the round before says to them. Each round begins again from the base model.
public protocol Bootstrapping: LearningMethod {
    /// The steps of each round, where the first has `steps`.
    static func rounds(_ options: PluginOptions, steps: Int) throws -> [Int]

    /// What the model as it is says to questions: for each a text to learn from; nil where it does not come to the answer.
    func rationales(to questions: [Question], _ asking: Asking) throws -> [Rationale?]
}

/// How questions are asked.
public struct Asking {
    /// Whether those that are answered wrongly may be asked again in a way that gives the answer away.
    public let mayHint: Bool
    /// How many tokens a question and what is said to it may have together; nil where nothing limits them.
    public let limit: Int?
    /// How many rows a pass may have, unless a single question takes more.
    public let rows: Int
    /// What draws follow from.
    public let seed: UInt64
    /// Told how many questions are done, of how many; what it throws ends the asking.
    public let advance: (_ done: Int, _ total: Int) throws -> Void

    public init(
        mayHint: Bool, limit: Int? = nil, rows: Int, seed: UInt64,
        advance: @escaping (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) {
        (self.mayHint, self.limit, self.rows, self.seed, self.advance) = (mayHint, limit, rows, seed, advance)
    }
}

/// An answer that is right, with the way to it.
public struct Rationale: Hashable, Sendable {
    /// The question, without hint and examples, and all that the model said to it.
    public let document: [Int32]
    /// Where in it the model begins to speak.
    public let start: Int
    /// Whether it took a hint.
    public let isHinted: Bool

    public init(after prompt: [Int32], _ said: [Int32], isHinted: Bool) {
        (document, start, self.isHinted) = (prompt + said, prompt.count, isHinted)
    }
}
