import Basis

/// A task as a command line names it, with its files: `NAME=FILE[,keys=FILE][,examples=FILE]`.
public struct TaskFiles: Hashable, Sendable {
    public let name: String
    public let path: String
    /// What is right, where that stands in a file of its own.
    public let keys: String?
    /// Questions that are shown with their answers before each one.
    public let examples: String?

    /// Fails for an unknown name, and where no file is named. Of what follows the first file, only what begins with a known key is not
    /// part of its path.
    public init(_ text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let (name, first) = try TaskFiles.pair(parts[0], of: text)
        guard Tasks.named(name) != nil else {
            throw Failure("there is no task '\(name)'; known: \(Tasks.all.flatMap { $0.names }.joined(separator: ", "))")
        }
        var path = first, files: [String: String] = [:]
        for part in parts.dropFirst() {
            guard let key = ["keys", "examples"].first(where: { part.hasPrefix("\($0)=") }) else {
                path += ",\(part)"
                continue
            }
            files[key] = String(part.dropFirst(key.count + 1))
        }
        (self.name, self.path, keys, examples) = (name, path, files["keys"], files["examples"])
        guard !path.isEmpty, !files.values.contains("") else { throw Failure("'\(text)' names no file") }
    }

    private static func pair(_ part: String, of text: String) throws -> (String, String) {
        let words = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2 else { throw Failure("'\(text)' is no task: one is named <name>=<file>") }
        return (words[0], words[1])
    }
}

/// A kind of task: how its files are read.
protocol TaskReader: Sendable {
    /// What `--task` calls it; several where the same files and rules are known under several names.
    static var names: [String] { get }
    /// All questions of a file, in order. `keys` is a further file that says what is right.
    static func items(_ path: String, keys: String?) throws -> [TaskItem]
}

enum Tasks {
    static let all: [any TaskReader.Type] = [
        ARC.self, HellaSwag.self, OpenBookQA.self, PIQA.self, WinoGrande.self, CommonsenseQA.self, LAMBADA.self, GSM8K.self, HiToM.self,
        ARCAGI.self,
    ]

    static func named(_ name: String) -> (any TaskReader.Type)? { all.first { $0.names.contains(name) } }
}

extension TaskFiles {
    /// The first `limit` questions, or all, each with as many examples before it as asked for and there are.
    func items(limit: Int?, shots: Int) throws -> [TaskItem] {
        guard let reader = Tasks.named(name) else { return [] }
        let items = try reader.items(path, keys: keys)
        guard !items.isEmpty else { throw Failure("'\(path)' has no question") }
        let asked = items.prefix(limit ?? .max)
        guard let examples, shots > 0 else { return Array(asked) }
        let shown = try reader.items(examples, keys: nil).prefix(shots).map(\.example)
        guard !shown.isEmpty else { throw Failure("'\(examples)' has no question") }
        let start = shown.map { $0 + "\n\n" }.joined()
        return asked.map { $0.after(start) }
    }
}
