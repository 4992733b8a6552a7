import Basis
import Models
import Tokens

/// Makes requests of input lines: the line itself as the prompt, or a JSON object with options of its own.
public struct PromptReader {
    /// What a prompt is before it is fed.
    public struct Prompt {
        public var request: Request
        /// The member `id` of a JSON line, handed back with its answer.
        public var id: JSON?
    }

    private let defaults: Request
    private let tokenizer: Tokenizer?
    private let beginOfText: Int32?
    private let refusal: Failure?
    /// Whether prompts go on from a saved state: its last token comes first, and nothing is prepended.
    private let continues: Bool
    /// What makes prompts of conversations; nil where a prompt is what the model sees.
    private let chat: Chat?

    /// `defaults` has the options, the session and the past of every request; its tokens are what a saved state has pending.
    /// `refusal` says why there is no tokenizer.
    public init(defaults: Request, tokenizer: Tokenizer?, beginOfText: Int32?, refusal: Failure? = nil, chat: Chat? = nil) {
        (self.refusal, self.chat) = (refusal, chat)
        (self.defaults, self.tokenizer, self.beginOfText, continues) = (defaults, tokenizer, beginOfText, !defaults.tokens.isEmpty)
    }

    /// A prompt of plain text, any bytes. An empty one starts from the begin-of-text token. In a chat it is what a user says.
    public func prompt(text: [UInt8]) throws -> Prompt {
        if let chat { return try Prompt(request: request(chat.tokens(user: String(decoding: text, as: UTF8.self)))) }
        guard let tokenizer else {
            let reason = refusal.map { "tokenizer cannot be used (\($0))" } ?? "model has no tokenizer.json"
            throw Failure("the \(reason): prompts have to be tokens, as JSON lines")
        }
        var request = defaults
        request.tokens += tokenizer.encode(text, addingSpecialTokens: !continues)
        if request.tokens.isEmpty, let beginOfText { request.tokens = [beginOfText] }
        return Prompt(request: request)
    }

    private func request(_ tokens: [Int32]) -> Request {
        var request = defaults
        request.tokens += tokens
        return request
    }

    /// A prompt of one JSON line, `{"prompt": ".."}` or `{"tokens": [..]}`, tokens taken as they are; in a chat `{"messages": [..]}`,
    /// or the array alone.
    public func prompt(json line: [UInt8]) throws -> Prompt {
        let json = try JSON(parsing: line)
        if chat != nil, json.arrayValue != nil { return try source(["messages": json]) }
        guard let object = json.objectValue else { throw Failure("the line is no JSON object") }
        var prompt = try source(object)
        for (key, value) in object.members.map({ ($0.key, $0.value) }) { try set(key, value, &prompt) }
        try prompt.request.sampling.check()
        return prompt
    }

    private func source(_ object: JSONObject) throws -> Prompt {
        if let chat {
            guard object["prompt"] == nil, object["tokens"] == nil else { throw Failure("a line of a chat has 'messages'") }
            return try Prompt(request: request(chat.tokens(object)))
        }
        switch (object["prompt"], object["tokens"]) {
        case (let text?, nil):
            guard let text = text.stringValue else { throw Failure("'prompt' is no string") }
            return try prompt(text: Array(text.utf8))
        case (nil, let tokens?):
            return Prompt(request: request(try PromptReader.tokens(tokens)))
        default: throw Failure("a line has either 'prompt' or 'tokens'")
        }
    }

    private func thought(_ json: JSON) throws -> [Int32] {
        guard let text = json.stringValue else {
            guard json.arrayValue != nil else { throw Failure("'thought' is neither a string nor an array of tokens") }
            return try PromptReader.tokens(json, "thought")
        }
        guard let tokenizer else { throw Failure("'thought' is text, and there is no tokenizer") }
        return tokenizer.encode(text, addingSpecialTokens: false)
    }

    private static func tokens(_ json: JSON, _ key: String = "tokens") throws -> [Int32] {
        guard let list = json.arrayValue else { throw Failure("'\(key)' is no array") }
        return try list.map { value in
            guard let token = value.intValue.flatMap(Int32.init(exactly:)) else {
                throw Failure("'\(key)' holds \(value.compact.prefix(40)), which is no token")
            }
            return token
        }
    }

    private func set(_ key: String, _ value: JSON, _ prompt: inout Prompt) throws {
        switch key {
        case "prompt", "tokens": break
        case _ where chat != nil && Chat.members.contains(key): break
        case "id": prompt.id = value
        case "max_tokens": prompt.request.maxTokens = try PromptReader.count(key, value)
        case "temperature": prompt.request.sampling.temperature = try PromptReader.number(key, value)
        case "top_k": prompt.request.sampling.topK = try PromptReader.count(key, value)
        case "top_p": prompt.request.sampling.topP = try PromptReader.number(key, value)
        case "min_p": prompt.request.sampling.minP = try PromptReader.number(key, value)
        case "repetition_penalty": prompt.request.sampling.repetitionPenalty = try PromptReader.number(key, value)
        case "seed": prompt.request.sampling.seed = UInt64(try PromptReader.count(key, value))
        case "stop": prompt.request.stopStrings = try PromptReader.stops(value)
        case "speculate": prompt.request.draftTokens = try PromptReader.count(key, value)
        case "thought": prompt.request.thought = try thought(value)
        case "ignore_eos": prompt.request.ignoresEndOfText = try PromptReader.flag(key, value)
        default: throw Failure("unknown option '\(key)'")
        }
    }

    private static func count(_ key: String, _ value: JSON) throws -> Int {
        guard let count = value.intValue, count >= 0 else { throw Failure("'\(key)' is not a whole number of 0 or more") }
        return count
    }

    private static func number(_ key: String, _ value: JSON) throws -> Double {
        guard let number = value.doubleValue else { throw Failure("'\(key)' is no number") }
        return number
    }

    private static func flag(_ key: String, _ value: JSON) throws -> Bool {
        guard let flag = value.boolValue else { throw Failure("'\(key)' is neither true nor false") }
        return flag
    }

    private static func stops(_ value: JSON) throws -> [[UInt8]] {
        let strings = value.stringValue.map { [$0] } ?? value.arrayValue?.compactMap(\.stringValue) ?? []
        guard !strings.isEmpty, strings.count == value.arrayValue?.count ?? 1, !strings.contains("") else {
            throw Failure("'stop' is neither a string nor an array of strings, none of them empty")
        }
        return strings.map { Array($0.utf8) }
    }
}
