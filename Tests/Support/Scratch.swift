import Basis
import Glibc

/// A folder of its own for a test, gone with its contents afterwards.
public final class Scratch: Sendable {
    public let path: String

    public init() throws {
        var template = Array("/tmp/tern-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure("cannot make a folder: \(systemReason(errno))") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { _ = try? run("/bin/rm", ["-rf", path]) }

    /// The path of `name` in the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// A new folder in the folder.
    public func folder(_ name: String) -> String {
        mkdir("\(path)/\(name)", 0o777)
        return "\(path)/\(name)"
    }

    /// Writes a file and gives its path. Not with `AtomicFile`, whose care for the disk is too slow for thousands of files.
    @discardableResult
    public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let target = "\(path)/\(name)"
        let number = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw Failure.system("create", target, errno) }
        try bytes.withUnsafeBytes { try Descriptor(number, name: target, owned: true).write($0) }
        return target
    }

    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    /// A copy of a folder's files.
    public func copy(of folder: String, as name: String) throws -> String {
        let outcome = try run("/bin/cp", ["-r", folder, "\(path)/\(name)"])
        guard outcome.status == 0 else { throw Failure("cannot copy '\(folder)': \(outcome.errors)") }
        return "\(path)/\(name)"
    }
}

/// Names of what is in a folder, sorted.
public func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}
