import Basis
import Templates
import Tokens

/// Makes tokens of conversations by a model's chat template.
public struct Chat: Sendable {
    private let plain: ChatTemplate
    private let withTools: ChatTemplate
    private let names: [(String, String)]
    private let tokenizer: Tokenizer
    /// Whether special tokens in messages are special.
    private let trustsMessages: Bool

    /// `name` is that of a template; `source` one in its place.
    public init(
        _ templates: ChatTemplates, name: String? = nil, source: String? = nil, _ tokenizer: Tokenizer, trustsMessages: Bool = false
    ) throws {
        if let source {
            let template = try placing("chat template") { try ChatTemplate(source) }
            (plain, withTools) = (template, template)
        } else {
            plain = try templates.template(name, hasTools: false)
            withTools = try templates.template(name, hasTools: true)
        }
        (names, self.tokenizer, self.trustsMessages) = (templates.tokens, tokenizer, trustsMessages)
    }

    /// What a line says of a conversation besides how to answer it.
    static let members: Set<String> = ["messages", "tools", "documents", "add_generation_prompt", "chat_template_kwargs"]

    /// The tokens of one message.
    func tokens(user text: String) throws -> [Int32] {
        try tokens(["messages": [["role": "user", "content": .string(text)]]])
    }

    /// The tokens of a conversation, up to where the answer begins. Nothing is put in front of what the template makes.
    func tokens(_ line: JSONObject) throws -> [Int32] {
        try Chat.check(line["messages"])
        var values: JSONObject = ["documents": .null, "tools": .null, "add_generation_prompt": true]
        for member in line.members where Chat.members.contains(member.key) && member.key != "chat_template_kwargs" {
            values[member.key] = member.value
        }
        if let more = line["chat_template_kwargs"] {
            guard let more = more.objectValue else { throw Failure("'chat_template_kwargs' is no object") }
            for member in more.members { values[member.key] = member.value }
        }
        let hasTools = values["tools"]?.arrayValue.map { !$0.isEmpty } ?? false
        let text = try placing("chat template") { try (hasTools ? withTools : plain).render(values, trusted: names) }
        return tokenizer.encode(text.bytes, untrusted: trustsMessages ? [] : text.input)
    }

    private static func check(_ messages: JSON?) throws {
        guard let messages = messages?.arrayValue else { throw Failure("'messages' is no array") }
        for (index, message) in messages.enumerated() {
            guard message.objectValue != nil, message["role"]?.stringValue != nil else { throw Failure("message \(index + 1) has no role") }
        }
    }
}
