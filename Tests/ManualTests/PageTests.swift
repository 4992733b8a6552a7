import Catalog
import Glibc
import Support
import TestFiles
import Testing

/// The manual says what the programs do.
@Suite struct PageTests {
    static let programs = ["bench", "infer", "pack", "quantize", "sim-hw", "think-train"]

    /// The spellings of each option that `--help` lists, that of subcommands too: `["-o", "--output"]`.
    private func helped(_ program: String, _ subcommand: [String] = []) throws -> [[String]] {
        let help = try run(program, subcommand + ["--help"])
        try #require(help.status == 0)
        let options = help.lines.drop { $0 != "OPTIONS:" }.prefix { $0 != "SUBCOMMANDS:" }.filter { $0.hasPrefix("  -") }
        let own = options.map { line in
            line.split(separator: " ").prefix { $0.hasPrefix("-") }.map { $0.last == "," ? String($0.dropLast()) : String($0) }
        }
        return try own + subcommands(help).flatMap { try helped(program, [$0]) }
    }

    /// The names below SUBCOMMANDS: two spaces, the name, its explanation.
    private func subcommands(_ help: Outcome) -> [String] {
        let lines = help.lines.drop { $0 != "SUBCOMMANDS:" }.dropFirst().prefix { $0.hasPrefix("  ") && !$0.hasPrefix("  See ") }
        return lines.filter { !$0.hasPrefix("   ") }.compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    @Test(arguments: programs) func `a page describes the options that the program has`(_ program: String) throws {
        let page = try ManualPage("\(program).1"), described = Set(page.options), listed = Set(try helped(program))
        #expect(!listed.isEmpty)
        #expect(described.subtracting(listed) == [], "described, but --help does not list them")
        #expect(listed.subtracting(described) == [], "listed by --help, but not described")
    }

    @Test(arguments: programs) func `a synopsis shows every option`(_ program: String) throws {
        let page = try ManualPage("\(program).1"), shown = page.synopsis
        let missing = page.options.filter { shown.isDisjoint(with: $0) }
        #expect(missing == [])
        #expect(shown.subtracting(page.options.flatMap { $0 }) == [], "shown, but not described")
    }

    @Test func `what plugins can be told is described, with what holds if they are not`() throws {
        let page = try ManualPage("think-train.1").lines.joined(separator: " ")
        let told = Catalog.families.map { ($0.name, $0.newOptions) } + Catalog.methods.map { ($0.name, $0.options) }
        #expect(told.contains { $0.1.count > 5 })
        for (name, options) in told where !options.isEmpty || Catalog.methods.contains(where: { $0.name == name }) {
            #expect(page.contains(".It Cm \(name)"), "\(name)")
            for option in options {
                let standard = option.standard == "\u{2014}" ? "\\(em" : option.standard
                #expect(page.contains("Cm \(option.key) Pq \(standard) "), "\(name):\(option.key)=\(standard)")
            }
        }
    }

    @Test(arguments: try ManualPage.all()) func `a page is clean under mandoc`(_ page: ManualPage) throws {
        let lint = try run("/usr/bin/env", ["mandoc", "-Tlint", "-W", "warning", "man/\(page.name)"], folder: Programs.package)
        if lint.status == 127, lint.text.isEmpty {
            // Where nobody installed it, the page is looked at elsewhere.
            if getenv("CI") != nil { Issue.record("mandoc is not installed") }
            return
        }
        #expect(lint.status == 0)
        #expect(lint.text + lint.errors == "")
    }

    @Test func `every page that a page refers to is there`() throws {
        let pages = try ManualPage.all(), known = Set(pages.map(\.name) + ["dot.1", "gnuplot.1", "zstd.1"])
        #expect(pages.count >= 7)
        for page in pages { #expect(Set(page.references).subtracting(known) == [], "in \(page.name)") }
        let overview = try ManualPage("tern.7")
        #expect(Set(pages.map(\.name)).subtracting(overview.references) == ["tern.7"], "missing in the overview")
    }

    @Test(arguments: programs.map { "\($0).1" } + ["tern.7"]) func `examples work in the order of the page`(_ name: String) throws {
        let page = try ManualPage(name), scratch = try Scratch()
        try #require(symlink("\(Programs.package)/Models", scratch.file("Models")) == 0)
        try #require(!page.examples.isEmpty)
        for example in page.examples {
            let outcome = try shell(example, folder: scratch.path)
            #expect(outcome.status == 0, "\(example): \(outcome.errors)")
        }
    }
}
