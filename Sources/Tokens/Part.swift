import Basis

/// One object of tokenizer.json and what to call it in an error: `pre_tokenizer 'Split'`.
struct Part {
    let role: String
    let object: JSONObject
    let type: String

    /// Nil for null or nothing.
    init?(_ json: JSON?, role: String) throws {
        guard let json, !json.isNull else { return nil }
        guard let object = json.objectValue else { throw Failure("\(role) is not an object") }
        guard let type = object["type"]?.stringValue else { throw Failure("\(role) has no type") }
        self.role = role
        self.object = object
        self.type = type
    }

    var name: String { "\(role) '\(type)'" }

    func unsupported() -> Failure { Failure("\(name) is not supported") }
    func unsupported(_ what: String) -> Failure { Failure("\(name): \(what) is not supported") }

    /// The parts in the array at `key`.
    func parts(_ key: String) throws -> [Part] {
        guard let array = object[key]?.arrayValue else { throw Failure("\(name) has no array '\(key)'") }
        return try array.compactMap { try Part($0, role: role) }
    }

    func string(_ key: String) throws -> String {
        guard let value = object[key]?.stringValue else { throw Failure("\(name) has no string '\(key)'") }
        return value
    }

    func bool(_ key: String, default fallback: Bool? = nil) throws -> Bool {
        if let value = object[key]?.boolValue { return value }
        guard let fallback, object[key]?.isNull ?? true else { throw Failure("\(name) has no true or false in '\(key)'") }
        return fallback
    }

    func count(_ key: String) throws -> Int {
        guard let value = object[key]?.intValue, value >= 0 else { throw Failure("\(name) has no count in '\(key)'") }
        return value
    }

    /// `{"String": ".."}`, or a regular expression that is nothing but its text.
    func pattern() throws -> Pattern {
        guard let pattern = object["pattern"]?.objectValue else { throw Failure("\(name) has no pattern") }
        if let text = pattern["String"]?.stringValue {
            guard !text.isEmpty else { throw unsupported("an empty pattern") }
            return .literal(Array(text.utf8))
        }
        guard let regex = pattern["Regex"]?.stringValue else { throw Failure("\(name) has no pattern") }
        let isLiteral = !regex.isEmpty && !regex.unicodeScalars.contains { "\\^$.|?*+()[]{}#&~-".unicodeScalars.contains($0) }
        return isLiteral ? .literal(Array(regex.utf8)) : .regex(regex)
    }

    func regex(_ pattern: String) throws -> Regex { try placing(name) { try Regex(pattern) } }

    enum Pattern {
        case literal([UInt8])
        case regex(String)
    }
}
