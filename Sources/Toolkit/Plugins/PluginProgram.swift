import Basis
import Glibc

/// A plugin that is a program of its own: tern-plugin(7). It lies in a folder that the environment variable TERN_PLUGINS lists, and nowhere
/// else; no model names one, but for the type that it is of.
struct PluginProgram {
    let path: String

    enum Kind: String { case model, quantizer }

    /// The first program of the folders in TERN_PLUGINS that is called `tern-model-NAME`, or `tern-quantizer-NAME`; nil if there is none,
    /// or the name is no plain one.
    init?(_ kind: Kind, _ name: String) {
        guard PluginProgram.isPlain(name) else { return nil }
        let paths = PluginProgram.folders.map { "\($0)/tern-\(kind.rawValue)-\(name)" }
        guard let path = paths.first(where: PluginProgram.isProgram) else { return nil }
        self.path = path
    }

    /// Lower-case letters, digits, - and _.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 }
    }

    private static var folders: [Substring] { variable("TERN_PLUGINS")?.split(separator: ":") ?? [] }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func isProgram(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
    }

    /// What an error about something unknown adds where plugins are looked for.
    static func remark(_ kind: Kind, _ name: String) -> String {
        folders.isEmpty ? "" : isPlain(name) ? ", and TERN_PLUGINS has no 'tern-\(kind.rawValue)-\(name)'" : ""
    }

    /// Runs it; TERN_PLUGIN_SECONDS says how long it may take, if it is set.
    func output(_ arguments: [String] = [], of input: [UnsafeRawBufferPointer], seconds: Int, limit: Int) throws -> [UInt8] {
        let given = PluginProgram.variable("TERN_PLUGIN_SECONDS").flatMap(Int.init).flatMap { (1...1_000_000).contains($0) ? $0 : nil }
        return try Filter(path, arguments, seconds: given ?? seconds).output(of: input, limit: limit)
    }

    /// The object that it prints.
    func object(_ arguments: [String] = [], of text: String) throws -> JSON {
        let bytes = try Array(text.utf8).withUnsafeBytes { try output(arguments, of: [$0], seconds: 60, limit: 1 << 26) }
        let json = try told { try JSON(parsing: bytes) }
        guard json.objectValue != nil else { throw Failure("plugin '\(name)' printed no JSON object") }
        return json
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// What is wrong with what it printed.
    func told<Result>(_ body: () throws -> Result) throws -> Result { try placing("plugin '\(name)'", body) }
}
