import Basis
import Catalog
import Glibc
import Models
import Support
import TestFiles
import Testing

/// What each family makes of its configurations, printed, is under review: TERN_RECORD=1 records it anew.
@Suite struct GraphTests {
    private static let folder = "\(Programs.package)/Tests/PluginsTests/Snapshots"

    @Test func `each family's graphs are those under review`() throws {
        var expected: [String] = []
        for family in Catalog.families {
            let configurations = try #require(smallConfigurations[family.name], "no small configurations of '\(family.name)'")
            for (number, configuration) in configurations.enumerated() {
                let name = "\(family.name)-\(number + 1).txt"
                expected.append(name)
                try compare(family.graph(configuration: configuration).text, with: name)
            }
        }
        #expect(names(in: Self.folder) == expected.sorted())
    }

    private func compare(_ text: String, with name: String) throws {
        let path = "\(Self.folder)/\(name)"
        if getenv("TERN_RECORD") != nil {
            let file = try AtomicFile(path)
            try file.write(text)
            try file.close()
        }
        let recorded = String(decoding: try MappedFile.contents(path), as: UTF8.self)
        #expect(text == recorded, "the graph is not the one in \(path)")
    }
}
