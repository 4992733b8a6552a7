import Basis

/// The special tokens around a text: `post_processor` of tokenizer.json.
struct Template {
    var prefix: [Int32] = []
    var suffix: [Int32] = []

    /// `hasToken` tells which ids there are.
    init(reading json: JSON?, hasToken: (Int32) -> Bool) throws {
        guard let part = try Part(json, role: "post_processor") else { return }
        try add(part, hasToken)
    }

    private mutating func add(_ part: Part, _ hasToken: (Int32) -> Bool) throws {
        switch part.type {
        case "Sequence": for part in try part.parts("processors") { try add(part, hasToken) }
        // It moves the offsets of tokens, which nobody asks for here.
        case "ByteLevel": break
        case "TemplateProcessing": try addTemplate(part, hasToken)
        case "BertProcessing", "RobertaProcessing":
            prefix.insert(try named("cls", part, hasToken), at: 0)
            suffix.append(try named("sep", part, hasToken))
        default: throw part.unsupported()
        }
    }

    private mutating func addTemplate(_ part: Part, _ hasToken: (Int32) -> Bool) throws {
        guard let pieces = part.object["single"]?.arrayValue else { throw Failure("\(part.name) has no array 'single'") }
        var (before, after, isAfter) = ([Int32](), [Int32](), false)
        for piece in pieces {
            if let text = piece["Sequence"] {
                guard text["id"]?.stringValue == "A", !isAfter else { throw part.unsupported("a template with more than one text") }
                isAfter = true
            } else {
                let ids = try special(piece, part, hasToken)
                if isAfter { after += ids } else { before += ids }
            }
        }
        guard isAfter else { throw part.unsupported("a template without the text") }
        prefix = before + prefix
        suffix += after
    }

    /// `["[CLS]", 101]`
    private func named(_ key: String, _ part: Part, _ hasToken: (Int32) -> Bool) throws -> Int32 {
        guard let pair = part.object[key]?.arrayValue, pair.count == 2, let number = pair[1].intValue, let id = Int32(exactly: number),
            hasToken(id)
        else { throw Failure("\(part.name) has no token '\(key)'") }
        return id
    }

    private func special(_ piece: JSON, _ part: Part, _ hasToken: (Int32) -> Bool) throws -> [Int32] {
        guard let name = piece["SpecialToken"]?["id"]?.stringValue else { throw Failure("\(part.name) has a piece that is no token") }
        guard let ids = part.object["special_tokens"]?[name]?["ids"]?.arrayValue else {
            throw Failure("\(part.name) does not say what '\(name)' is")
        }
        return try ids.map { id in
            guard let value = id.intValue, let id = Int32(exactly: value), hasToken(id) else {
                throw Failure("\(part.name) gives '\(name)' an id that no token has")
            }
            return id
        }
    }
}
