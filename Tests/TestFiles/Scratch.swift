import Basis
import Glibc

/// A folder of its own for a test. Its contents outlive this object: they go when the test program ends.
public final class Scratch: Sendable {
    public let path: String

    private static let root: String? = {
        var template = Array("/tmp/tern-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        atexit { Scratch.removeAll() }
        return template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } }
    }()

    public init() throws {
        guard let root = Scratch.root else { throw Failure("cannot make a folder in '/tmp'") }
        path = "\(root)/\(UInt64.random(in: 0...(.max)))"
        guard mkdir(path, 0o777) == 0 else { throw Failure("cannot make a folder in '\(root)'") }
    }

    /// The names of what lies in it, sorted.
    public var contents: [String] { names(in: path) }

    private static func removeAll() {
        guard let root, let pid = try? spawn(["/bin/rm", "-rf", root]) else { return }
        waitpid(pid, nil, 0)
    }

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
        // Cutting an old file to nothing makes ext4 wait for the disk; a new one does not.
        unlink(target)
        let number = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw Failure.system("create", target, errno) }
        try bytes.withUnsafeBytes { try Descriptor(number, name: target, owned: true).write($0) }
        return target
    }

    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    /// A copy of a folder's files.
    public func copy(of folder: String, as name: String) throws -> String {
        var status: Int32 = 0
        guard waitpid(try spawn(["/bin/cp", "-r", folder, file(name)]), &status, 0) > 0, status == 0 else {
            throw Failure("cannot copy '\(folder)'")
        }
        return file(name)
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
