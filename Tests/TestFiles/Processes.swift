import Basis
import Glibc

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
