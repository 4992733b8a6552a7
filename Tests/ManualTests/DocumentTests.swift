import Glibc
import Support
import TestFiles
import Testing

/// What README, ARCHITECTURE and CONTRIBUTING say is so.
@Suite struct DocumentTests {
    static let documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "man/tern.7", "man/tern-plugin.7"]

    @Test func `the tour works in its order`() throws {
        let tour = try text(of: "README.md").split(separator: "\n").filter { $0.hasPrefix("    $ ") }.map { String($0.dropFirst(6)) }
        let scratch = try Scratch()
        try #require(symlink("\(Programs.package)/Models", scratch.file("Models")) == 0)
        #expect(tour.count == 5)
        for line in tour {
            let outcome = try shell(line, folder: scratch.path)
            #expect(outcome.status == 0, "\(line): \(outcome.errors)")
        }
    }

    @Test func `the table of programs lists what is built, with its page`() throws {
        let rows = try text(of: "README.md").split(separator: "\n").drop { !$0.hasPrefix("| program |") }.dropFirst(2).prefix { $0.hasPrefix("|") }
        let cells = rows.map { $0.split(separator: "|").map { $0.filter { $0 != "`" && $0 != " " } } }
        let programs = try Module.all().filter { try $0.code.contains { try text(of: $0).contains("@main") } }.map(\.name)
        #expect(Set(cells.compactMap(\.first)) == Set(programs))
        #expect(Set(programs) == Set(PageTests.programs))
        for row in cells { #expect(row.last == "man/\(row.first ?? "").1") }
    }

    @Test func `the list of commands is the Makefile's`() throws {
        let help = try run("/usr/bin/env", ["make", "--no-print-directory", "help"], folder: Programs.package)
        try #require(help.status == 0, "\(help.errors)")
        let listed = help.lines.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
        #expect(listed == ["demo", "test", "test-neon", "fuzz", "mpi", "install", "uninstall", "setup"])
        let targets = try text(of: "Makefile").split(separator: "\n").compactMap { $0.split(separator: ":").first.map(String.init) }
        #expect(Set(listed).subtracting(targets) == [])
    }

    /// Words that look like a path in the project, or like the name of a file of Swift or C.
    private func paths(in document: String) throws -> [String] {
        let folders = Set(try ManualTests.folders(in: ".").map { String($0.dropFirst(2)) })
        let words = try text(of: document).split { " \n`(),;:|\"".contains($0) }.map { word in
            String(word.reversed().drop { $0 == "." }.reversed())
        }
        return words.filter { word in
            guard !word.contains("NAME"), !word.contains("{"), !word.contains("..") else { return false }
            let isPath = word.contains("/") && folders.contains(String(word.prefix { $0 != "/" }))
            return isPath || word.hasSuffix(".swift") || word.hasSuffix(".c")
        }
    }

    @Test(arguments: documents) func `what a document names is there`(_ document: String) throws {
        let words = try paths(in: document).filter { !$0.hasPrefix(".") }
        #expect(!words.isEmpty)
        let code = try ["Sources", "Plugins", "Formats", "Tests"].flatMap { folder in try files(in: folder) } + ["/Package.swift"]
        let missing = words.filter { word in
            word.contains("/") ? access("\(Programs.package)/\(word)", F_OK) != 0 : !code.contains { $0.hasSuffix("/\(word)") }
        }
        #expect(missing == [])
    }
}
