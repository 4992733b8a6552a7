import Basis
import Support
import Testing

/// A page of the manual, as its source is.
struct ManualPage: Sendable, CustomTestStringConvertible {
    let name: String
    let lines: [String]

    var testDescription: String { name }

    init(_ name: String) throws {
        self.name = name
        lines = try text(of: "man/\(name)").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    static func all() throws -> [ManualPage] {
        try files(in: "man").map { try ManualPage(String($0.dropFirst("man/".count))) }
    }

    /// The lines between `.Sh NAME` and the next heading.
    func section(_ name: String) -> [String] {
        Array(lines.drop { $0 != ".Sh \(name)" }.dropFirst().prefix { !$0.hasPrefix(".Sh ") })
    }

    /// The spellings of each option that it describes: `["-o", "--output"]`.
    var options: [[String]] { lines.filter { $0.hasPrefix(".It Fl ") }.map(flags) }

    /// The options that the synopsis shows.
    var synopsis: Set<String> { Set(section("SYNOPSIS").flatMap(flags)) }

    /// What follows each `Fl` of a line: `.Op Fl -json` gives `--json`.
    private func flags(_ line: String) -> [String] {
        let words = line.split(separator: " ").map { $0.first == "." ? $0.dropFirst() : $0 }
        return zip(words, words.dropFirst()).filter { $0.0 == "Fl" }.map { "-\($0.1)" }
    }

    /// The lines of shell that it shows, in order.
    var examples: [String] {
        lines.map { $0.hasPrefix(".Dl ") ? String($0.dropFirst(4)) : $0 }.filter { $0.hasPrefix("$ ") }
            .map { String($0.dropFirst(2)).replacing("\\e", with: "\\") }
    }

    /// The pages that it refers to, as their files are called: `infer.1`.
    var references: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(where: { $0 == ".Xr" || $0 == "Xr" }), at + 2 < words.count else { return nil }
            return "\(words[at + 1]).\(words[at + 2])"
        }
    }
}
