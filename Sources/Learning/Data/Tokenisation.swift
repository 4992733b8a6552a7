import Basis
import Tokens

/// Turns documents into tokens for training: each as the tokenizer encodes a text, and the separator after it unless it ends with
/// that already.
public struct Tokenisation {
    private let tokenizer: Tokenizer?
    private let separator: Int32?
    private let vocabulary: Int

    /// Without a tokenizer, only data that is tokens already can be learnt from. `vocabulary` is how many tokens the model has.
    public init(_ tokenizer: Tokenizer?, separator: Int32?, vocabulary: Int) {
        (self.tokenizer, self.separator, self.vocabulary) = (tokenizer, separator, vocabulary)
    }

    public func run(_ corpora: [Corpus], into spool: TokenSpool) throws {
        for part in Corpus.Part.allCases {
            if part == .heldOut { spool.beginHeldOut() }
            for corpus in corpora {
                try corpus.each(part) { document in
                    try add(document, to: spool)
                    if let separator, spool.last != separator { try spool.add([separator]) }
                }
            }
        }
    }

    private func add(_ document: Corpus.Document, to spool: TokenSpool) throws {
        switch document {
        case .tokens(let tokens): try add(tokens, to: spool)
        case .text(let text):
            guard let tokenizer else { throw Failure("is text, but the model has no tokenizer") }
            try tokenizer.encode(document: text) { try add($0, to: spool) }
        }
    }

    private func add(_ tokens: [Int32], to spool: TokenSpool) throws {
        if let token = tokens.first(where: { $0 < 0 || $0 >= vocabulary }) {
            throw Failure("token \(token) is outside the model's vocabulary of \(vocabulary)")
        }
        try spool.add(tokens)
    }
}
