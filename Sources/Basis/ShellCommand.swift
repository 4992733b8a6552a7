import Glibc

/// A line of shell.
public struct ShellCommand {
    private let line: String

    public init(_ line: String) { self.line = line }

    /// Runs it to its end; gives what it wrote to standard output, decoded as UTF-8. Another exit status than 0 is a failure.
    public func output() throws -> String {
        try run("r") { pipe in
            var text: [UInt8] = [], block = [UInt8](repeating: 0, count: 1 << 12)
            while true {
                let count = fread(&block, 1, block.count, pipe)
                guard count > 0, text.count < ShellCommand.limit else { break }
                text += block[..<count]
            }
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// Runs it to its end with `text` as its standard input.
    public func feed(_ text: String) throws {
        // That it ends before it has read all shows in its exit status.
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        try run("w") { pipe in _ = fputs(text, pipe) }
    }

    /// A word of a line that the shell takes as it is, whatever characters it has.
    public static func quoted(_ word: String) -> String {
        "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// Whether the shell finds a program of this name, which must be a plain one.
    public static func finds(_ program: String) -> Bool {
        (try? ShellCommand("command -v \(quoted(program)) > /dev/null 2>&1").output()) != nil
    }

    /// More output than this is not looked at.
    private static let limit = 1 << 24

    private func run<Result>(_ mode: String, _ body: (UnsafeMutablePointer<FILE>) -> Result) throws -> Result {
        guard let pipe = popen(line, mode) else { throw Failure("cannot run '\(line)': \(systemReason(errno))") }
        let result = body(pipe)
        let status = pclose(pipe)
        guard status == 0 else { throw Failure("'\(line)' failed with status \(status & 0x7F == 0 ? status >> 8 & 0xFF : status & 0x7F)") }
        return result
    }
}
