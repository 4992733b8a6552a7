import Basis

/// The AI2 Reasoning Challenge (Clark et al. 2018), easy and challenging questions, as lm-evaluation-harness asks them.
enum ARC: TaskReader {
    static let names = ["arc_easy", "arc_challenge"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        var questions = try eachJSONLine(path, ChoiceQuestion.init)
        if let keys { try repair(&questions, path, keys) }
        return questions.map { question in
            let stem = question.stem.hasPrefix("Question: ") ? question.stem : "Question: " + question.stem
            return TaskItem(.choice(Choices("\(stem)\nAnswer:", question.choices, gold: question.gold)))
        }
    }

    /// Files that llm-foundry made for four choices each have wrong answers where the official key is a number, and questions of three
    /// choices were filled up with one of them. The official keys, in the same order, say what is right.
    private static func repair(_ questions: inout [ChoiceQuestion], _ path: String, _ file: String) throws {
        let keys = try eachJSONLine(file) { try $0.text("answerKey") }
        guard keys.count == questions.count else {
            throw Failure("'\(file)' has \(keys.count) keys for the \(questions.count) questions of '\(path)'")
        }
        for (index, key) in keys.enumerated() {
            let gold = try naming(file) { try placing("key \(index + 1)") { try place(key) } }
            questions[index].removeDuplicate()
            // A question of five choices has lost one: where that was not the right one, it is where it was.
            if gold < questions[index].choices.count { questions[index].gold = gold }
        }
    }

    /// A, B, .. or 1, 2, .. from 0 on.
    private static func place(_ key: String) throws -> Int {
        guard let byte = key.utf8.first, key.utf8.count == 1 else { throw Failure("'\(key)' is no key") }
        switch byte {
        case UInt8(ascii: "1")...UInt8(ascii: "9"): return Int(byte - UInt8(ascii: "1"))
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return Int(byte - UInt8(ascii: "A"))
        default: throw Failure("'\(key)' is no key")
        }
    }
}

extension ChoiceQuestion {
    /// Removes the first of two choices that are the same.
    fileprivate mutating func removeDuplicate() {
        guard let index = choices.indices.first(where: { choices[($0 + 1)...].contains(choices[$0]) }) else { return }
        choices.remove(at: index)
        if gold > index { gold -= 1 }
        gold = min(gold, choices.count - 1)
    }
}
