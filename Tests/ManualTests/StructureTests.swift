import Support
import Testing

/// The sources are what ARCHITECTURE.md and the manual say they are.
@Suite struct StructureTests {
    /// The base of other formats; no model is opened by it.
    static let base = "Safetensors"

    @Test func `every plugin and format is in the catalogue`() throws {
        let plugins = Set(try Module.plugins().map(\.name))
        #expect(plugins.count >= 5)
        let imports = try Module(folder: "Sources/Catalog").imports
        #expect(plugins.subtracting(imports) == [Self.base])
    }

    @Test(arguments: try Module.plugins()) func `every plugin and format is in the manual`(_ plugin: Module) throws {
        let pages = try ["tern.7", "tern-plugin.7"].map { try ManualPage($0) }
        let words = Set(pages.flatMap { $0.lines.flatMap { $0.split(separator: " ") } })
        #expect(words.contains(plugin.folder[...]), "neither tern.7 nor tern-plugin.7 names \(plugin.folder)")
    }

    @Test(arguments: try Module.all()) func `every module is a target`(_ module: Module) throws {
        #expect(try text(of: "Package.swift").contains("(name: \"\(module.name)\""))
    }

    /// The table of ARCHITECTURE.md: what each module may import.
    private func allowed() throws -> [String: Set<String>] {
        let lines = try text(of: "ARCHITECTURE.md").split(separator: "\n").drop { !$0.hasPrefix("| module | may import") }
        var table: [String: Set<String>] = [:]
        for line in lines.dropFirst(2).prefix(while: { $0.hasPrefix("|") }) {
            let cells = line.split(separator: "|").map { $0.split { $0 == " " || $0 == "," }.map(String.init) }
            guard let name = cells.first?.first else { continue }
            table[name] = Set(cells.dropFirst().first ?? [])
        }
        return table
    }

    @Test func `a module imports what the architecture allows`() throws {
        let table = try allowed(), modules = try Module.all()
        #expect(Set(table.keys) == Set(modules.map(\.name)), "the table's rows and the folders with code")
        let ours = Set(table.keys).union(table.values.flatMap { $0 })
        for module in modules {
            let (imports, row) = (try module.imports.intersection(ours), table[module.name] ?? [])
            #expect(imports.subtracting(row) == [], "imported by \(module.name) against the table")
        }
    }

    @Test func `the table's arrows run one way`() throws {
        var rest = try allowed()
        while let free = rest.first(where: { $0.value.isDisjoint(with: rest.keys) })?.key { rest[free] = nil }
        #expect(rest.isEmpty, "modules that import each other")
    }
}
