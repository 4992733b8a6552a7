import Basis
import Generation
import Tokens
import Toolkit

extension Continuation {
    /// The tokens of a context and of what follows it, as lm-evaluation-harness cuts them (`_encode_pair`): white space at the end of the
    /// context goes to what follows, both are encoded together, and what follows are the tokens beyond as many as the context has
    /// alone. An empty context is what begins a text. Of a text longer than the model was made for the start is left out.
    func encoded(_ tokens: TaskTokens, seed: UInt64) throws -> ScoredText {
        let context = self.context.withoutSpaceAtEnd, start = try tokens.context(context)
        let whole = tokens.tokenizer.encode(self.context + text), rest = whole.dropFirst(tokens.tokenizer.encode(context).count)
        // The last token is not read.
        let excess = tokens.limit.tokens.map { max(0, start.count + rest.count - 1 - $0) } ?? 0
        return ScoredText(Array((start + rest).dropFirst(excess)), from: max(1, start.count - excess), seed: seed)
    }
}

/// What makes tokens of tasks for a model.
struct TaskTokens {
    let tokenizer: Tokenizer
    let limit: ContextLimit
    /// What stands for an empty context.
    private let begin: Int32?

    init(_ model: OpenModel, _ tokenizer: Tokenizer?) throws {
        guard let tokenizer else { throw Failure("the model '\(model.argument)' has no tokenizer, which tasks need") }
        (self.tokenizer, limit) = (tokenizer, try ContextLimit(model))
        begin = model.specialTokens.begin ?? documentEnd(model.checkpoint.files, tokenizer, vocabulary: model.graph.outputWidth)
    }

    func context(_ text: String) throws -> [Int32] {
        let tokens = tokenizer.encode(text)
        guard tokens.isEmpty else { return tokens }
        guard let begin else { throw Failure("a context is empty, and the model has no token that begins a text") }
        return [begin]
    }

    /// A prompt, of which the start is left out where an answer would have no room.
    func prompt(_ text: String, room: Int) throws -> [Int32] {
        let tokens = try context(text)
        guard let limit = limit.tokens else { return tokens }
        return tokens.suffix(max(1, limit - room))
    }
}

extension String {
    fileprivate var withoutSpaceAtEnd: String {
        let scalars = unicodeScalars
        return String(scalars.dropLast(scalars.reversed().prefix { $0.properties.isWhitespace }.count))
    }
}
