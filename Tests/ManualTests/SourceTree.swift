import Basis
import Support
import Testing

/// The text of a file of the project.
func text(of path: String) throws -> String {
    String(decoding: try MappedFile.contents("\(Programs.package)/\(path)"), as: UTF8.self)
}

/// The paths of all files under a folder of the project, relative to the project, sorted.
func files(in folder: String) throws -> [String] {
    let found = try run("/usr/bin/find", [folder, "-type", "f"], folder: Programs.package)
    try #require(found.status == 0, "\(found.errors)")
    return found.lines.sorted()
}

/// The paths of the folders in a folder of the project.
func folders(in folder: String) throws -> [String] {
    let found = try run("/usr/bin/find", [folder, "-mindepth", "1", "-maxdepth", "1", "-type", "d"], folder: Programs.package)
    try #require(found.status == 0, "\(found.errors)")
    return found.lines.sorted()
}

/// A module of the project: a folder with code.
struct Module: Sendable, CustomTestStringConvertible {
    let folder: String
    var name: String { folder.split(separator: "/").last.map(String.init) ?? folder }
    var testDescription: String { name }

    /// Folders of plugins of one kind.
    static let kindsOfPlugins = ["Plugins/Quantizers", "Plugins/Thinking"]

    /// Model families, quantisers, learning methods and formats.
    static func plugins() throws -> [Module] {
        let folders = try (["Plugins", "Formats"] + kindsOfPlugins).flatMap { try ManualTests.folders(in: $0) }
        return folders.filter { !kindsOfPlugins.contains($0) }.map(Module.init)
    }

    /// All modules but those that only name a library of the system.
    static func all() throws -> [Module] {
        let core = try ManualTests.folders(in: "Sources").map(Module.init).filter { try !$0.code.isEmpty }
        return try core + plugins()
    }

    /// Its files of Swift and C.
    var code: [String] {
        get throws { try files(in: folder).filter { path in [".swift", ".c"].contains { path.hasSuffix($0) } } }
    }

    /// The modules that it imports.
    var imports: Set<String> {
        get throws {
            let lines = try code.filter { $0.hasSuffix(".swift") }.flatMap { try text(of: $0).split(separator: "\n") }
            return Set(lines.compactMap(Module.imported))
        }
    }

    /// What an import names: `Glibc` of `package import struct Glibc.stat`.
    static func imported(_ line: Substring) -> String? {
        let words = line.split(separator: " ")
        guard let at = words.firstIndex(of: "import"), words[..<at].allSatisfy(before.contains) else { return nil }
        return words[(at + 1)...].first { !kinds.contains($0) }?.split(separator: ".").first.map(String.init)
    }

    private static let before: Set<Substring> = ["@testable", "@preconcurrency", "@_exported", "public", "package", "internal", "private"]
    private static let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
}
