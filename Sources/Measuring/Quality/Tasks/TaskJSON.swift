import Basis

/// The lines of a file that are not empty, parsed; failures of parsing or of `read` name file and line.
func eachJSONLine<Item>(_ path: String, _ read: (_ line: JSON) throws -> Item) throws -> [Item] {
    try naming(path) {
        try MappedFile.contents(path).split(separator: 0x0A, omittingEmptySubsequences: false).enumerated().compactMap { number, line in
            guard line.contains(where: { $0 > 0x20 }) else { return nil }
            return try placing("line \(number + 1)") { try read(JSON(parsing: Array(line))) }
        }
    }
}

extension JSON {
    func text(_ key: String) throws -> String {
        guard let text = self[key]?.stringValue else { throw Failure("has no text '\(key)'") }
        return text
    }

    func texts(_ key: String) throws -> [String] {
        guard let list = self[key]?.arrayValue else { throw Failure("has no array '\(key)'") }
        let texts = list.compactMap(\.stringValue)
        guard texts.count == list.count, !texts.isEmpty else { throw Failure("'\(key)' is no array of texts") }
        return texts
    }

    /// A number from 0 on, below `count`; a text of digits is one, too.
    func place(_ key: String, below count: Int) throws -> Int {
        let number = self[key]?.intValue ?? self[key]?.stringValue.flatMap { Int($0) }
        guard let number, (0..<count).contains(number) else { throw Failure("'\(key)' is none of the \(count) choices") }
        return number
    }
}

/// A question with its choices as files have them: `{"query", "choices": [..], "gold": 0}`, or as published by the Allen Institute,
/// `{"question": {"stem", "choices": [{"label", "text"}]}, "answerKey": "A"}`.
struct ChoiceQuestion {
    let stem: String
    var choices: [String]
    var gold: Int

    init(_ json: JSON) throws {
        guard let question = json["question"], question.objectValue != nil else {
            (stem, choices) = (try json.text("query"), try json.texts("choices"))
            gold = try json.place("gold", below: choices.count)
            return
        }
        let listed = question["choices"]?.arrayValue ?? [], key = try json.text("answerKey")
        stem = try question.text("stem")
        choices = try listed.map { try $0.text("text") }
        guard let gold = listed.firstIndex(where: { $0["label"]?.stringValue == key }) else {
            throw Failure("'answerKey' is none of the \(choices.count) choices")
        }
        self.gold = gold
    }
}
