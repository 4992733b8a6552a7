import Basis
import Glibc

/// A folder of its own for a test. Its contents outlive this object: they go when the test program ends.
public final class Scratch {
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
    public var contents: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func removeAll() {
        guard let root, let pid = try? spawn(["/bin/rm", "-rf", root]) else { return }
        waitpid(pid, nil, 0)
    }

    public func folder(_ name: String) -> String {
        mkdir("\(path)/\(name)", 0o777)
        return "\(path)/\(name)"
    }

    /// Not with `AtomicFile`, whose care for the disk is too slow for thousands of files.
    public func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let target = "\(path)/\(name)"
        // Cutting an old file to nothing makes ext4 wait for the disk; a new one does not.
        unlink(target)
        let number = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        try bytes.withUnsafeBytes { try Descriptor(number, name: target, owned: true).write($0) }
        return target
    }

    public func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }
}

/// Starts a program found in PATH, its descriptors 0 and 1 replaced where given.
public func spawn(_ words: [String], input: Int32? = nil, output: Int32? = nil) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input { posix_spawn_file_actions_adddup2(&actions, input, 0) }
    if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
    let arguments = words.map { strdup($0) } + [nil]
    defer { arguments.forEach { free($0) } }
    var pid: pid_t = 0
    guard posix_spawnp(&pid, words[0], &actions, nil, arguments, environ) == 0 else { throw Failure("cannot start '\(words[0])'") }
    return pid
}

/// Runs a program to its end; its exit status (nil if it is not installed) and what it wrote to `output`.
public func run(_ words: [String], in scratch: Scratch) throws -> (status: Int32, output: [UInt8])? {
    let path = "\(scratch.path)/output"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    defer { close(file) }
    guard let pid = try? spawn(words, output: file) else { return nil }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return (status >> 8 & 0xFF, try MappedFile.contents(path, limit: 1 << 30))
}

/// What `body` fails with; `no failure` if it does not.
public func fact(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return "no failure"
}
