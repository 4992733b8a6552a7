/// What is read out of a text that a model wrote.
package enum WrittenAnswer {
    /// The number behind the first `#### `, as the harness' strict filter has it; nil if there is none.
    package static func strictNumber(in text: String) -> String? {
        text.firstMatch(of: /#### (-?[0-9.,]+)/).map { String($0.1) }
    }

    /// The last number, as its flexible one has it; nil if there is none.
    package static func lastNumber(in text: String) -> String? {
        text.matches(of: /-?[$0-9.,]{2,}|-?[0-9]+/).last.map { String($0.0) }
    }

    /// What is compared: without commas, dollars, a full stop at the end, and whatever stands before the last `#### `.
    package static func normalised(_ number: String) -> String {
        var text = number.filter { $0 != "," && $0 != "$" }
        if let mark = text.ranges(of: "#### ").last { text = String(text[mark.upperBound...]) }
        if text.hasSuffix(".") { text.removeLast() }
        return text.lowercased()
    }

    /// The rows of a grid that a text begins with, up to the first line that is none; nil if there is none.
    package static func grid(in text: String) -> [[Int]]? {
        var rows: [[Int]] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " "), cells = words.compactMap { Int($0) }
            guard !cells.isEmpty, cells.count == words.count else { break }
            rows.append(cells)
        }
        return rows.isEmpty ? nil : rows
    }
}
