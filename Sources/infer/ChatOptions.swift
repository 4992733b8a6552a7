import ArgumentParser
import Basis
import Generation
import Glibc
import Tokens
import Toolkit

/// Whether prompts are conversations, and what makes text of them.
struct ChatOptions: ParsableArguments {
    @Flag(help: "Prompts are what a user says, or with --json conversations; the model's chat template makes text of them.")
    var chat = false

    @Option(help: ArgumentHelp("Use the model's chat template <name>, or the one in the file <name>.", valueName: "name"))
    var chatTemplate: String?

    @Flag(help: "Let special tokens in messages be special.")
    var specialInMessages = false

    func validate() throws {
        guard chat || chatTemplate == nil && !specialInMessages else {
            throw ValidationError("--chat-template and --special-in-messages go with --chat")
        }
    }

    /// What makes prompts of conversations; nil without `--chat`.
    func chat(of model: OpenModel, _ tokenizer: Tokenizer?) throws -> Chat? {
        guard chat else { return nil }
        guard let tokenizer else { throw Failure("--chat needs a tokenizer, and the model has none that can be used") }
        let templates = try ChatTemplates(
            configuration: model.checkpoint.file("tokenizer_config.json"), jinja: model.checkpoint.file("chat_template.jinja"),
            json: model.checkpoint.file("chat_template.json"))
        return try Chat(
            templates, name: source(templates) == nil ? chatTemplate : nil, source: source(templates), tokenizer,
            trustsMessages: specialInMessages)
    }

    /// The template in the file that was named, if it was no name of the model's.
    private func source(_ templates: ChatTemplates) throws -> String? {
        guard let chatTemplate, !templates.has(chatTemplate), access(chatTemplate, F_OK) == 0 else { return nil }
        let bytes = try MappedFile.contents(chatTemplate, limit: 4 << 20)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure("'\(chatTemplate)' is no UTF-8") }
        return text
    }
}
