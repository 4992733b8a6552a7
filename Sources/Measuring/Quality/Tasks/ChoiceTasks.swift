import Basis

/// OpenBookQA (Mihaylov et al. 2018): the question itself is the context.
enum OpenBookQA: TaskReader {
    static let names = ["openbookqa"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        try refuse(keys)
        return try eachJSONLine(path, ChoiceQuestion.init).map { TaskItem(.choice(Choices($0.stem, $0.choices, gold: $0.gold))) }
    }
}

/// CommonsenseQA (Talmor et al. 2019): the choices stand in the context, and the model says a letter.
enum CommonsenseQA: TaskReader {
    static let names = ["commonsense_qa"]
    private static let letters = ["A", "B", "C", "D", "E", "F", "G", "H"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        try refuse(keys)
        return try eachJSONLine(path) { line in
            let question = try ChoiceQuestion(line)
            guard question.choices.count <= letters.count else { throw Failure("has more than \(letters.count) choices") }
            let listed = zip(letters, question.choices).map { "\($0). \($1)\n" }.joined()
            let context = "Question: \(question.stem.trimmed)\n\(listed)Answer:"
            let said = Array(letters.prefix(question.choices.count))
            return TaskItem(.choice(Choices(context, said, gold: question.gold, areWeighed: false)))
        }
    }
}

/// PIQA (Bisk et al. 2020): `goal`, `sol1`, `sol2`; what is right is `label`, or stands in a file of its own, 0 or 1 a line.
enum PIQA: TaskReader {
    static let names = ["piqa"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        let labels = try keys.map { try eachJSONLine($0) { try JSON.object(["label": $0]).place("label", below: 2) } }
        var number = 0
        let items = try eachJSONLine(path) { line in
            let label = try labels.map { number < $0.count ? $0[number] : 0 } ?? line.place("label", below: 2)
            number += 1
            let context = try "Question: \(line.text("goal"))\nAnswer:"
            return TaskItem(.choice(try Choices(context, [line.text("sol1"), line.text("sol2")], gold: label)))
        }
        if let labels, let keys, labels.count != items.count {
            throw Failure("'\(keys)' has \(labels.count) keys for the \(items.count) questions of '\(path)'")
        }
        return items
    }
}

/// WinoGrande (Sakaguchi et al. 2020), by partial evaluation: the options are in the contexts, and what follows is the same.
/// `{"sentence": "a _ b", "option1", "option2", "answer": "1"}`, or `{"context_options": [..], "continuation", "gold": 0}`.
enum WinoGrande: TaskReader {
    static let names = ["winogrande"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        try refuse(keys)
        return try eachJSONLine(path) { line in
            guard line["sentence"] != nil else {
                let contexts = try line.texts("context_options"), rest = try " " + line.text("continuation")
                let gold = try line.place("gold", below: contexts.count)
                return TaskItem(.choice(Choices(contexts.map { Continuation($0, rest) }, gold: gold)))
            }
            let sentence = try line.text("sentence"), answer = try line.text("answer")
            guard let gap = sentence.firstIndex(of: "_"), let gold = ["1", "2"].firstIndex(of: answer) else {
                throw Failure("'sentence' has no gap, or 'answer' is neither 1 nor 2")
            }
            let rest = " " + String(sentence[sentence.index(after: gap)...]).trimmed
            let continuations = try ["option1", "option2"].map { Continuation(String(sentence[..<gap]) + (try line.text($0)), rest) }
            return TaskItem(.choice(Choices(continuations, gold: gold)))
        }
    }
}

/// LAMBADA (Paperno et al. 2016): the last word. `{"text"}`, or `{"context", "continuation"}`.
enum LAMBADA: TaskReader {
    static let names = ["lambada"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        try refuse(keys)
        return try eachJSONLine(path) { line in
            guard line["text"] != nil else {
                return TaskItem(.completion(try Continuation(line.text("context"), " " + line.text("continuation"))))
            }
            let text = try line.text("text")
            guard let space = text.lastIndex(of: " ") else { throw Failure("'text' has a single word") }
            return TaskItem(.completion(Continuation(String(text[..<space]), String(text[space...]))))
        }
    }
}

/// Hi-ToM (Wu et al. 2023): where somebody thinks that somebody thinks .. that a thing is, by the order of these beliefs. The choices
/// stand in the context, and the model says one. Questions that only ask for reasoning aloud (`CoTP`) are the same ones again.
enum HiToM: TaskReader {
    static let names = ["hi-tom"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        try refuse(keys)
        return try naming(path) {
            guard let items = try JSON(parsing: MappedFile.contents(path))["data"]?.arrayValue else { throw Failure("has no array 'data'") }
            return try items.enumerated().filter { $1["prompting_type"]?.stringValue != "CoTP" }.map { number, item in
                try placing("item \(number + 1)") { try self.item(item) }
            }
        }
    }

    private static func item(_ json: JSON) throws -> TaskItem {
        let listed = try json.text("choices"), answer = try json.text("answer")
        let names = listed.split(separator: ", ").map { String($0.split(separator: ". ", maxSplits: 1).last ?? "") }
        guard let gold = names.firstIndex(of: answer) else { throw Failure("'answer' is none of the choices") }
        let context = try "\(json.text("story").trimmed)\nQuestion: \(json.text("question"))\nChoices: \(listed)\nAnswer:"
        return TaskItem(.choice(Choices(context, names, gold: gold)), group: json["question_order"]?.intValue.map { "order \($0)" })
    }
}

/// Refuses a file of keys where the questions have them already.
private func refuse(_ keys: String?) throws {
    guard let keys else { return }
    throw Failure("the task takes no file of keys, and '\(keys)' is one")
}
