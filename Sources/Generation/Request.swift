import Models

/// What to answer, and how.
public struct Request: Sendable {
    /// The tokens to feed; at least one.
    public var tokens: [Int32]
    /// Where to go on from: a fresh session, or a saved one.
    public var session: Session
    /// Tokens that the session has seen, for the repetition penalty.
    public var past: [Int32] = []
    public var sampling = SamplingOptions()
    public var maxTokens = 256
    /// The answer ends before the first of these, none of them empty.
    public var stopStrings: [[UInt8]] = []
    /// Go on after an end-of-text token.
    public var ignoresEndOfText = false

    /// What to think before the first token of the answer, where nothing is to be drawn.
    public var thought: [Int32]?

    /// Tokens to guess at a time from what came before, verified together (prompt lookup); 0 for none. Changes no answer.
    public var draftTokens = 0

    public static let longestDraft = 64

    /// The same answer, token by token.
    var withoutGuesses: Request {
        var plain = self
        plain.draftTokens = 0
        return plain
    }

    public init(tokens: [Int32], session: Session) { (self.tokens, self.session) = (tokens, session) }
}

/// A finished answer: the generated part.
public struct Answer: Sendable {
    public enum Finish: String, Sendable {
        /// As many tokens as asked for.
        case length
        /// An end-of-text token or a stop string.
        case stop
    }

    /// The text up to the stop string, if one ended it.
    public var text: [UInt8] = []
    /// Every token that was chosen, an end-of-text token included.
    public var tokens: [Int32] = []
    public var finish = Finish.length
    /// The session after all tokens fed; the last chosen token has not been fed yet.
    public var session: Session
    /// Every token of the text so far, the saved ones included.
    public var history: [Int32]
    /// What was thought before each token.
    public var thoughts: [[Int32]] = []
    /// Tokens that were guessed, and how many of them were right.
    public var drafted = 0, accepted = 0
}
