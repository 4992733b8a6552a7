import Basis

/// GSM8K (Cobbe et al. 2021): sums in words, whose answers are written out; best with examples.
enum GSM8K: TaskReader {
    static let names = ["gsm8k"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        if let keys { throw Failure("the task takes no file of keys, and '\(keys)' is one") }
        return try eachJSONLine(path) { line in
            let prompt = try "Question: \(line.text("question"))\nAnswer:"
            return TaskItem(.writing([
                Writing(
                    prompt: prompt, answer: try line.text("answer"), stops: ["Question:", "</s>", "<|im_end|>"], length: .tokens(256),
                    rule: .number),
            ]))
        }
    }
}

/// ARC-AGI (Chollet 2019): grids to be made of grids, after a few pairs. A folder of tasks, a JSON file each, or one such file. Each grid
/// is tried once.
enum ARCAGI: TaskReader {
    static let names = ["arc-agi"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        if let keys { throw Failure("the task takes no file of keys, and '\(keys)' is one") }
        guard isFolder(path) else { return [try item(path)] }
        return try names(of: path).map { try item("\(path)/\($0)") }
    }

    private static func names(of folder: String) throws -> [String] { try fileNames(in: folder).filter { $0.hasSuffix(".json") } }

    private static func item(_ path: String) throws -> TaskItem {
        try naming(path) {
            let json = try JSON(parsing: MappedFile.contents(path)), shown = try pairs(json, "train")
            let start = shown.map { "Input:\n\($0.input)Output:\n\($0.output)\n" }.joined()
            return TaskItem(.writing(try pairs(json, "test").map { pair in
                let prompt = "\(start)Input:\n\(pair.input)Output:\n"
                return Writing(prompt: prompt, answer: pair.output, stops: ["\n\n", "Input"], length: .ofAnswer, rule: .grid)
            }))
        }
    }

    private static func pairs(_ json: JSON, _ key: String) throws -> [(input: String, output: String)] {
        guard let list = json[key]?.arrayValue, !list.isEmpty else { throw Failure("has no pairs '\(key)'") }
        return try list.map { (try grid($0, "input"), try grid($0, "output")) }
    }

    /// A line a row, numbers parted by spaces.
    private static func grid(_ pair: JSON, _ key: String) throws -> String {
        guard let rows = pair[key]?.arrayValue, !rows.isEmpty, rows.count <= 30 else { throw Failure("a pair has no grid '\(key)'") }
        return try rows.map { row in
            let cells = row.arrayValue?.compactMap(\.intValue) ?? []
            guard !cells.isEmpty, cells.count <= 30, cells.count == row.arrayValue?.count, cells.allSatisfy((0...9).contains) else {
                throw Failure("a row of '\(key)' is no list of digits")
            }
            return cells.map(String.init).joined(separator: " ") + "\n"
        }.joined()
    }
}
