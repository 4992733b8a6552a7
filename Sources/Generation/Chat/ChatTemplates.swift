import Basis
import Templates

/// The chat templates of a model: what tokenizer_config.json, chat_template.jinja and chat_template.json say.
public struct ChatTemplates: Sendable {
    /// By name; the usual one is called `default`.
    private let sources: [String: String]
    /// The texts that templates may use by name: `bos_token` and others.
    let tokens: [(String, String)]

    /// `configuration` is tokenizer_config.json, `jinja` the file with the template alone, `json` chat_template.json, of older processors.
    public init(configuration: [UInt8]?, jinja: [UInt8]? = nil, json: [UInt8]? = nil) throws {
        let config = try naming("tokenizer_config.json") { try configuration.map { try JSON(parsing: $0) } }
        let file = try naming("chat_template.json") { try json.map { try JSON(parsing: $0) } }
        var sources = try ChatTemplates.sources(file?["chat_template"])
        sources.merge(try ChatTemplates.sources(config?["chat_template"])) { $1 }
        if let jinja {
            guard let text = String(validating: jinja, as: UTF8.self) else { throw Failure("chat_template.jinja is no UTF-8") }
            sources["default"] = text
        }
        self.sources = sources
        tokens = ChatTemplates.tokens(config)
    }

    /// A text, or a list of `{"name": .., "template": ..}`.
    private static func sources(_ json: JSON?) throws -> [String: String] {
        guard let json, !json.isNull else { return [:] }
        if let text = json.stringValue { return ["default": text] }
        guard let list = json.arrayValue else { throw Failure("'chat_template' is neither a text nor a list") }
        var sources: [String: String] = [:]
        for entry in list {
            guard let name = entry["name"]?.stringValue, let template = entry["template"]?.stringValue else {
                throw Failure("'chat_template' has an entry without 'name' or 'template'")
            }
            sources[name] = template
        }
        return sources
    }

    private static func tokens(_ config: JSON?) -> [(String, String)] {
        ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"].compactMap { key in
            (config?[key]?.stringValue ?? config?[key]?["content"]?.stringValue).map { (key, $0) }
        }
    }

    /// Whether there is a template of this name.
    public func has(_ name: String) -> Bool { sources[name] != nil }

    /// The template of this name; without one that for tools, if there are any and the model has one, or else the usual one.
    func template(_ name: String?, hasTools: Bool) throws -> ChatTemplate {
        let found = name ?? (hasTools && has("tool_use") ? "tool_use" : "default")
        guard let source = sources[found] else {
            throw Failure(name == nil ? "the model has no chat template" : "the model has no chat template '\(found)'")
        }
        return try placing("chat template") { try ChatTemplate(source) }
    }
}
