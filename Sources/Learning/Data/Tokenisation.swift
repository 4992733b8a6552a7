import Basis
import Tokens

/// Turns documents into tokens: each as the tokenizer encodes a text, and the separator after it unless it ends with
/// that already.
public struct Tokenisation {
    private let tokenizer: Tokenizer?
    private let separator: Int32?
    private let vocabulary: Int

    /// Without a tokenizer, only data that is tokens already can be read. `vocabulary` is how many tokens the model has.
    public init(_ tokenizer: Tokenizer?, separator: Int32?, vocabulary: Int) {
        (self.tokenizer, self.separator, self.vocabulary) = (tokenizer, separator, vocabulary)
    }

    public func run(_ corpora: [Corpus], into spool: TokenSpool) throws {
        for part in Corpus.Part.allCases {
            if part == .heldOut { spool.beginHeldOut() }
            try run(corpora, part, spool.add)
        }
    }

    /// Calls `take` with the tokens of a part of each file, stretch by stretch.
    public func run(_ corpora: [Corpus], _ part: Corpus.Part, _ take: ([Int32]) throws -> Void) throws {
        var last: Int32?
        for corpus in corpora {
            try corpus.each(part) { document in
                try tokens(of: document) { tokens in
                    last = tokens.last ?? last
                    try take(tokens)
                }
                guard let separator, last != separator else { return }
                try take([separator])
                last = separator
            }
        }
    }

    private func tokens(of document: Corpus.Document, _ take: ([Int32]) throws -> Void) throws {
        switch document {
        case .tokens(let tokens): try take(checked(tokens))
        case .text(let text):
            guard let tokenizer else { throw Failure("is text, but the model has no tokenizer") }
            try tokenizer.encode(document: text) { try take(checked($0)) }
        }
    }

    private func checked(_ tokens: [Int32]) throws -> [Int32] {
        if let token = tokens.first(where: { $0 < 0 || $0 >= vocabulary }) {
            throw Failure("token \(token) is outside the model's vocabulary of \(vocabulary)")
        }
        return tokens
    }
}
