import ArgumentParser
import Basis
import Glibc

/// The version that `--version` prints and containers record.
public let ternVersion = "0.1.0"

/// A program of the toolkit. Failures are one line on standard error, `infer: cannot open 'x': no such file or directory`.
///
/// Exit status: 0 done, 1 a negative answer (a check that failed), 2 failure, 64 wrong usage.
public protocol TernCommand: ParsableCommand {
    /// The arguments in the form that ArgumentParser can read.
    static func completed(_ arguments: [String]) -> [String]

    /// Whether this process says what is wrong with its options; where it does not, another one with the same options does.
    static var tellsOfOptions: Bool { get }

    func execute() throws
}

/// Thrown when the work is done and its answer is no; what there is to say has been said.
public struct NegativeAnswer: Error {
    public init() {}
}

extension TernCommand {
    public static func completed(_ arguments: [String]) -> [String] { arguments }
    public static var tellsOfOptions: Bool { true }

    public static func main() {
        // A closed pipe ends a program quietly, whatever the parent process made of the signal.
        signal(SIGPIPE, SIG_DFL)
        guardStandardStreams()
        do {
            let command = try parseAsRoot(completed(Array(CommandLine.arguments.dropFirst())))
            // A subcommand is a program too; what is none prints help.
            guard let program = command as? any TernCommand else {
                var other = command
                return try other.run()
            }
            try program.execute()
        } catch {
            end(error)
        }
    }

    /// A closed standard stream must not become the number of the next file that is opened: it is taken by one on which its use fails.
    private static func guardStandardStreams() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            _ = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    private static func end(_ error: any Error) -> Never {
        if error is NegativeAnswer { Glibc.exit(1) }
        if let failure = error as? Failure { fail("\(failure)", status: 2) }
        guard tellsOfOptions else { Glibc.exit(0) }
        let code = exitCode(for: error)
        if code == .success { end(help: fullMessage(for: error)) }
        fail(usage(message(for: error)), status: 64)
    }

    /// --help and --version, which ArgumentParser throws.
    private static func end(help: String) -> Never {
        let out = DescriptorSink.standardOutput()
        do {
            try out.write(help + "\n")
            try out.close()
        } catch { fail("\(error)", status: 2) }
        Glibc.exit(0)
    }

    /// ArgumentParser's words in our style.
    private static func usage(_ message: String) -> String {
        let line = message.split(separator: "\n").first.map(String.init) ?? "wrong usage"
        let start = line.hasPrefix("Error: ") ? line.dropFirst(7) : line[...]
        let fact = start.prefix(1).lowercased() + start.dropFirst().replacing(". Did you mean", with: "; did you mean")
        return (fact.hasSuffix(".") ? String(fact.dropLast()) : fact) + " (see '\(programName) --help')"
    }

    private static func fail(_ fact: String, status: Int32) -> Never {
        complain(fact)
        Glibc.exit(status)
    }

    public static var programName: String { configuration.commandName ?? "tern" }

    /// One line on standard error, with the program's name in front.
    public static func complain(_ fact: String) {
        let line = fact.split(whereSeparator: \.isNewline).joined(separator: " ")
        printError("\(programName): \(line)\n")
    }
}
