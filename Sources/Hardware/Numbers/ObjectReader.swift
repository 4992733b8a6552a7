import Basis

/// Reads an object of a device file that nobody vouches for: each member is asked for by name, and one that nobody asked for is refused.
struct ObjectReader {
    let json: JSONObject
    /// Where the object stands: `engines.ternary`.
    let path: String

    init(_ json: JSON, path: String) throws {
        guard let object = json.objectValue else { throw Failure("\(path.isEmpty ? "the file" : "'\(path)'") holds no object") }
        (self.json, self.path) = (object, path)
    }

    func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Refuses members with other names, and remarks that are no text.
    func only(_ keys: String...) throws { try only(keys) }

    func only(_ keys: [String]) throws {
        for key in json.keys where !keys.contains(key) {
            throw Failure("'\(place(key))' is unknown; known here: \(keys.joined(separator: ", "))")
        }
        // What only people read is text, too.
        for key in ["note", "source"] { _ = try string(key) }
    }

    /// The value of a key; null counts as absent.
    func value(_ key: String) -> JSON? { json[key].flatMap { $0.isNull ? nil : $0 } }

    func object(_ key: String) throws -> ObjectReader? { try value(key).map { try ObjectReader($0, path: place(key)) } }

    func required<Value>(_ key: String, _ value: Value?) throws -> Value {
        guard let value else { throw Failure("'\(place(key))' is missing") }
        return value
    }

    func string(_ key: String) throws -> String? {
        try value(key).map { value in
            guard let text = value.stringValue, !text.isEmpty, text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
            else {
                throw refusal(key, value, "a string that is not empty and has no control characters")
            }
            return text
        }
    }

    func flag(_ key: String) throws -> Bool? {
        try value(key).map { value in
            guard let flag = value.boolValue else { throw refusal(key, value, "true or false") }
            return flag
        }
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
        try value(key).map { value in
            guard let number = value.intValue, range.contains(number) else {
                throw refusal(key, value, "an integer of \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String, _: Choice.Type) throws -> Choice? where Choice.RawValue == String {
        try string(key).map { text in
            guard let choice = Choice(rawValue: text) else {
                throw refusal(key, .string(text), Choice.allCases.map { "'\($0.rawValue)'" }.joined(separator: " or "))
            }
            return choice
        }
    }

    func refusal(_ key: String, _ value: JSON, _ expected: String) -> Failure {
        Failure("'\(place(key))' is \(value.compact.prefix(80)), expected \(expected)")
    }
}
