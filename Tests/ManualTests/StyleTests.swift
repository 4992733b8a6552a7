import Support
import Testing

/// What can be said of style without reading.
@Suite struct StyleTests {
    private static func code(_ suffixes: String...) throws -> [String] {
        try ["Sources", "Plugins", "Formats"].flatMap { try files(in: $0) }.filter { path in suffixes.contains { path.hasSuffix($0) } }
    }

    /// Where a line of any of the files is as it should not be: `Sources/Basis/JSON.swift:12`.
    private func places(_ paths: [String], where isWrong: (Substring) -> Bool) throws -> [String] {
        try paths.flatMap { path in
            try text(of: path).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { isWrong($0.element) }.map { "\(path):\($0.offset + 1)" }
        }
    }

    @Test(arguments: ["try!", "as!", "fatalError(", "TODO", "FIXME", "import Foundation", "String(format:"])
    func `no code has such words`(_ word: String) throws {
        let paths = try Self.code(".swift", ".c", ".h")
        #expect(paths.count > 100)
        let found = try places(paths) { $0.contains(word) && !$0.contains("import FoundationEssentials") }
        #expect(found == [])
    }

    @Test func `no line of Swift is longer than 140 characters`() throws {
        let long = try places(Self.code(".swift")) { $0.count > 140 }
        #expect(long == [])
    }

    @Test func `no file is longer than 400 lines`() throws {
        let long = try Self.code(".swift", ".c", ".h").filter { try text(of: $0).count { $0 == "\n" } > 400 }
        #expect(long == [])
    }

    /// Lines of each function's body: from a line that opens it to the brace in the same column.
    private func lengths(_ path: String) throws -> [Int] {
        let lines = try text(of: path).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.compactMap { start in
            let margin = lines[start].prefix { $0 == " " }
            let words = lines[start].split(separator: " ")
            guard words.contains("func") || words.contains(where: { $0.hasPrefix("init(") }), words.last == "{" else { return nil }
            return lines[(start + 1)...].firstIndex { $0 == margin + "}" }.map { $0 - start - 1 }
        }
    }

    @Test func `functions are short`() throws {
        let sorted = try Self.code(".swift").flatMap(lengths).sorted()
        try #require(sorted.count > 500)
        #expect(sorted[sorted.count / 2] <= 8)
        #expect(sorted[sorted.count * 9 / 10] <= 15)
        #expect(sorted[sorted.count - 1] <= 40)
    }

    @Test(arguments: PageTests.programs) func `a program starts without Foundation and ICU`(_ program: String) throws {
        let libraries = try run("/usr/bin/env", ["ldd", "\(Programs.folder)/\(program)"])
        try #require(libraries.status == 0, "\(libraries.errors)")
        #expect(libraries.text.contains("libc.so"))
        let unwanted = libraries.lines.filter { $0.contains("libFoundation.so") || $0.lowercased().contains("icu") }
        #expect(unwanted == [])
    }
}
