import Basis

/// A question with its answer, a JSON object a line: `{"prompt": .., "answer": ..}`, each a text or an array of tokens.
///
/// `hint` is the prompt once more, but one that gives the answer away; `examples` stands before either and is not itself asked;
/// `kind` is what to count answers under.
public struct Question: Sendable {
    public let prompt: [Int32]
    /// The prompt where no examples stand before it.
    public let alone: [Int32]
    public let answer: [Int32]
    public let hint: [Int32]?
    public let examples: [Int32]
    public let kind: String?

    /// `tokenizer` may be nil where everything is tokens; `vocabulary` is how many the model has.
    public init(json line: UnsafeRawBufferPointer, _ tokenizer: Tokenizer?, vocabulary: Int) throws {
        let json = try JSON(parsing: line)
        guard let object = json.objectValue else { throw Failure("the line is no JSON object") }
        if let stranger = object.keys.first(where: { !Self.members.contains($0) }) { throw Failure("unknown member '\(stranger)'") }
        func tokens(_ key: String, begins: Bool = false) throws -> [Int32]? {
            try object[key].map { try Question.tokens($0, key, tokenizer, vocabulary, begins: begins) }
        }
        let examples = try tokens("examples", begins: true) ?? [], hint = try tokens("hint", begins: examples.isEmpty)
        guard let prompt = try tokens("prompt", begins: examples.isEmpty), let answer = try tokens("answer") else {
            throw Failure("the line has no 'prompt' or no 'answer'")
        }
        guard !(examples + prompt).isEmpty, !answer.isEmpty else { throw Failure("'prompt' or 'answer' is empty") }
        guard hint.map({ !(examples + $0).isEmpty }) ?? true else { throw Failure("'hint' is empty") }
        (self.examples, self.prompt, self.answer, self.hint) = (examples, prompt, answer, hint)
        alone = try tokens("prompt", begins: true) ?? prompt
        kind = try object["kind"].map { kind in
            guard let kind = kind.stringValue, !kind.utf8.contains(where: { $0 < 0x20 }) else {
                throw Failure("'kind' is no string of one line")
            }
            return kind
        }
    }

    private static let members: Set<String> = ["prompt", "answer", "hint", "examples", "kind"]

    private static func tokens(
        _ value: JSON, _ key: String, _ tokenizer: Tokenizer?, _ vocabulary: Int, begins: Bool
    ) throws -> [Int32] {
        if let text = value.stringValue {
            guard let tokenizer else { throw Failure("'\(key)' is text, but the model has no tokenizer") }
            return tokenizer.encode(text, addingSpecialTokens: begins)
        }
        guard let list = value.arrayValue else { throw Failure("'\(key)' is neither a string nor an array of tokens") }
        return try list.map { value in
            guard let token = value.intValue.flatMap(Int32.init(exactly:)), token >= 0, token < vocabulary else {
                throw Failure("'\(key)' holds \(value.compact.prefix(40)), which is no token of the model's \(vocabulary)")
            }
            return token
        }
    }
}

extension Question {
    /// The questions of a file; a failure names the line.
    public static func read(_ path: String, _ tokenizer: Tokenizer?, vocabulary: Int) throws -> [Question] {
        let bytes = try MappedFile.contents(path)
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated().filter { $1.contains { $0 > 0x20 } }
        guard !lines.isEmpty else { throw Failure("'\(path)' has no question") }
        return try naming(path) {
            try lines.map { number, line in
                try placing("line \(number + 1)") { try line.withUnsafeBytes { try Question(json: $0, tokenizer, vocabulary: vocabulary) } }
            }
        }
    }
}
