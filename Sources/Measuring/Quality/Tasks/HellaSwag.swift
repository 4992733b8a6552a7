import Basis

/// HellaSwag (Zellers et al. 2019): how an activity goes on. JSON lines as published, `{"activity_label", "ctx_a", "ctx_b", "endings",
/// "label"}`, or the text that llama.cpp's tools read, six lines a question: context, number of the right ending, four endings.
enum HellaSwag: TaskReader {
    static let names = ["hellaswag"]

    static func items(_ path: String, keys: String?) throws -> [TaskItem] {
        if let keys { throw Failure("the task takes no file of keys, and '\(keys)' is one") }
        let bytes = try MappedFile.contents(path)
        guard !bytes.starts(with: Array("BZh".utf8)) else { throw Failure("'\(path)' is compressed by bzip2: unpack it first") }
        return bytes.first { $0 > 0x20 } == UInt8(ascii: "{") ? try eachJSONLine(path, item) : try naming(path) { try lines(bytes) }
    }

    private static func item(_ line: JSON) throws -> TaskItem {
        let second = try line.text("ctx_b"), capitalised = second.prefix(1).uppercased() + second.dropFirst().lowercased()
        let context = try cleaned("\(line.text("activity_label")): \(line.text("ctx_a")) \(capitalised)")
        let endings = try line.texts("endings")
        return TaskItem(.choice(try Choices(context, endings.map(cleaned), gold: line.place("label", below: endings.count))))
    }

    /// Without what WikiHow's markup has left: ` [title]` ends a sentence, other brackets go with what they hold.
    static func cleaned(_ text: String) -> String {
        var rest = Substring(text.trimmed.replacing(" [title]", with: ". ")), kept = ""
        while let open = rest.firstIndex(of: "["), let close = rest[open...].firstIndex(of: "]"), !rest[open..<close].contains("\n") {
            kept += rest[..<open]
            rest = rest[rest.index(after: close)...]
        }
        return (kept + rest).replacing("  ", with: " ")
    }

    private static func lines(_ bytes: [UInt8]) throws -> [TaskItem] {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard lines.count % 6 == 0 else { throw Failure("has \(lines.count) lines, which are no questions of six lines each") }
        return try stride(from: 0, to: lines.count, by: 6).map { start in
            guard let gold = Int(lines[start + 1].trimmed), (0..<4).contains(gold) else {
                throw Failure("line \(start + 2): '\(lines[start + 1].prefix(40))' is no number of an ending")
            }
            return TaskItem(.choice(Choices(lines[start], Array(lines[start + 2..<start + 6]), gold: gold)))
        }
    }
}

extension String {
    /// Without white space at either end.
    var trimmed: String {
        let start = unicodeScalars.drop { $0.properties.isWhitespace }
        return String(Substring(start.dropLast(start.reversed().prefix { $0.properties.isWhitespace }.count)))
    }
}
