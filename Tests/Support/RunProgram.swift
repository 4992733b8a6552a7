import Basis
import Glibc
import Synchronization

/// How a program ended and what it said.
public struct Outcome: Sendable {
    /// The exit status; nil if a signal ended it.
    public let status: Int32?
    /// The signal that ended it. A program that ran past its time limit is ended with SIGKILL.
    public let signal: Int32?
    public let output: [UInt8]
    public let errors: String

    public var text: String { String(decoding: output, as: UTF8.self) }
    /// Lines of standard output, empty ones too.
    public var lines: [String] {
        let ends = text.split(separator: "\n", omittingEmptySubsequences: false)
        return ends.dropLast(ends.last?.isEmpty == true ? 1 : 0).map(String.init)
    }
    public var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
}

/// What a program's standard input is.
public enum ProgramInput: Sendable {
    /// Through a pipe.
    case bytes([UInt8])
    case file(String)

    public static let none = ProgramInput.file("/dev/null")
    public static func text(_ text: String) -> ProgramInput { .bytes(Array(text.utf8)) }
}

/// The programs as they were built with the tests.
public enum Programs {
    /// The folder that they lie in: that of the tests' own executable.
    public static let folder: String = {
        guard let real = realpath("/proc/self/exe", nil) else { return "." }
        defer { free(real) }
        let own = String(cString: real).split(separator: "/").dropLast()
        let nearby = "/" + own.joined(separator: "/")
        return access("\(nearby)/infer", X_OK) == 0 ? nearby : "\(package)/.build/release"
    }()

    /// The folder of Package.swift.
    public static let package: String = {
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    }()
}

/// Runs a program to its end, with everything that it writes captured. `name` without a slash is one of ours.
///
/// The environment is this process', without what would change the programs' behaviour, and with `environment` on top; our programs come
/// first in its PATH. `output` leads standard output to a file or device instead.
public func run(
    _ name: String, _ arguments: [String] = [], input: ProgramInput = .none, environment: [String: String] = [:], folder: String? = nil,
    output: String? = nil, seconds: Int = 300
) throws -> Outcome {
    let path = name.contains("/") ? name : "\(Programs.folder)/\(name)"
    let words = folder.map { ["/usr/bin/env", "-C", $0, path] + arguments } ?? [path] + arguments
    let child = try starting.withLock { _ in try Child(words, input, surroundings(environment), output: output) }
    return try child.finish(seconds: seconds)
}

/// Two processes started at once would inherit each other's pipes before these are marked not to be.
private let starting = Mutex(())

/// Runs a line of shell, in which our programs are found by their names; fails if any part of a pipe fails.
public func shell(
    _ line: String, input: ProgramInput = .none, environment: [String: String] = [:], folder: String? = nil, seconds: Int = 300
) throws -> Outcome {
    try run("/bin/bash", ["-c", "set -o pipefail; " + line], input: input, environment: environment, folder: folder, seconds: seconds)
}

private func surroundings(_ changes: [String: String]) -> [String] {
    var result: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
        let words = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        result[String(words[0])] = words.count > 1 ? String(words[1]) : ""
        next += 1
    }
    for name in ["TERN_CPU", "HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"] { result[name] = nil }
    result["PATH"] = Programs.folder + ":" + (result["PATH"] ?? "/usr/bin:/bin")
    return result.merging(changes) { _, new in new }.map { "\($0.key)=\($0.value)" }
}

/// A process on its way, and our ends of the pipes to it.
private final class Child {
    private let pid: pid_t
    private var toInput: Int32
    private var pending: ArraySlice<UInt8>
    private var outputs: [Int32]
    private var captured: [[UInt8]] = [[], []]

    init(_ words: [String], _ input: ProgramInput, _ environment: [String], output: String?) throws {
        // Writing to a program that has ended is no reason to end this one.
        signal(SIGPIPE, SIG_IGN)
        let (outPipe, errorPipe) = (try Pipe(), try Pipe())
        let (inputEnd, ours, bytes) = try Child.opened(input)
        defer { for number in [inputEnd, outPipe.write, errorPipe.write] { close(number) } }
        let target = try output.map { try Child.opened($0, O_WRONLY) }
        defer { if let target { close(target) } }
        (toInput, pending, outputs) = (ours, bytes[...], [outPipe.read, errorPipe.read])
        pid = try Child.spawn(words, [inputEnd, target ?? outPipe.write, errorPipe.write], environment)
        for number in outputs + [toInput] where number >= 0 { _ = fcntl(number, F_SETFL, O_NONBLOCK) }
        if pending.isEmpty { closeInput() }
    }

    private struct Pipe {
        let read: Int32
        let write: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw Failure("cannot make a pipe: \(systemReason(errno))") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (read, write) = (ends[0], ends[1])
        }
    }

    private static func opened(_ input: ProgramInput) throws -> (theirs: Int32, ours: Int32, [UInt8]) {
        switch input {
        case .file(let path): return (try opened(path, O_RDONLY), -1, [])
        case .bytes(let bytes):
            let pipe = try Pipe()
            return (pipe.read, pipe.write, bytes)
        }
    }

    private static func opened(_ path: String, _ flags: Int32) throws -> Int32 {
        let number = open(path, flags | O_CLOEXEC)
        guard number >= 0 else { throw Failure.system("open", path, errno) }
        return number
    }

    private static func spawn(_ words: [String], _ standard: [Int32], _ environment: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (number, source) in standard.enumerated() { posix_spawn_file_actions_adddup2(&actions, source, Int32(number)) }
        var signals = sigset_t()
        sigemptyset(&signals)
        // Signals act on it as on any program, whatever this process and the thread that runs a test have made of them.
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGXFSZ] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // A group of its own, so that a time limit ends what a shell has started as well.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        let arguments = words.map { strdup($0) } + [nil], variables = environment.map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, words[0], &actions, &attributes, arguments, variables)
        guard code == 0 else { throw Failure.system("start", words[0], code) }
        return pid
    }

    /// Feeds and reads until both outputs are at their end, then waits for the end of the process.
    func finish(seconds: Int) throws -> Outcome {
        let limit = time(nil) + seconds
        while outputs.contains(where: { $0 >= 0 }) {
            if time(nil) > limit { kill(-pid, SIGKILL) }
            var waiting = outputs.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            waiting.append(pollfd(fd: toInput, events: Int16(POLLOUT), revents: 0))
            poll(&waiting, nfds_t(waiting.count), 1000)
            if waiting[2].revents != 0 { feed() }
            for index in outputs.indices where waiting[index].revents != 0 { drain(index) }
        }
        closeInput()
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        let signal = status & 0x7F
        return Outcome(
            status: signal == 0 ? status >> 8 & 0xFF : nil, signal: signal == 0 ? nil : signal, output: captured[0],
            errors: String(decoding: captured[1], as: UTF8.self))
    }

    private func feed() {
        let count = pending.withUnsafeBytes { write(toInput, $0.baseAddress, $0.count) }
        if count > 0 { pending = pending.dropFirst(count) }
        if pending.isEmpty || (count < 0 && errno != EAGAIN) { closeInput() }
    }

    private func closeInput() {
        guard toInput >= 0 else { return }
        close(toInput)
        toInput = -1
    }

    private func drain(_ index: Int) {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let count = buffer.withUnsafeMutableBytes { read(outputs[index], $0.baseAddress, $0.count) }
        if count > 0 { return captured[index] += buffer[..<count] }
        guard count == 0 || errno != EAGAIN else { return }
        close(outputs[index])
        outputs[index] = -1
    }
}
