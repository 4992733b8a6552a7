import Basis
import Glibc

/// A folder that appears under its name complete or not at all.
final class NewFolder {
    private let path: String
    private let temporary: String
    private var files: [String] = []
    private var finished = false

    init(_ path: String) throws {
        guard access(path, F_OK) != 0 else { throw Failure("'\(path)' exists already") }
        var plain = path
        while plain.hasSuffix("/"), plain.count > 1 { plain.removeLast() }
        (self.path, temporary) = (plain, "\(plain).\(getpid()).part")
        guard mkdir(temporary, 0o777) == 0 else { throw Failure.system("create", path, errno) }
    }

    /// Writes one file into it.
    func write(_ name: String, _ body: (any ByteSink) throws -> Void) throws {
        files.append(name)
        let sink = try Output.open("\(temporary)/\(name)")
        try body(sink)
        try sink.close()
    }

    func finish() throws {
        guard rename(temporary, path) == 0 else { throw Failure.system("create", path, errno) }
        finished = true
    }

    deinit {
        guard !finished else { return }
        for file in files { unlink("\(temporary)/\(file)") }
        rmdir(temporary)
    }
}
