import Basis
import Glibc

/// What gnuplot can draw.
public protocol Plottable {
    /// The script for it; `output` is where gnuplot writes, nil leaves that to gnuplot.
    func script(output: (path: String, terminal: PlotTerminal)?) -> String
}

/// What gnuplot writes.
public enum PlotTerminal: String, Sendable {
    case png, svg

    /// The one for a path's suffix; nil for another suffix.
    public init?(path: String) { self.init(rawValue: path.split(separator: ".").last.map { $0.lowercased() } ?? "") }
}

/// A string in single quotes, in which gnuplot looks for nothing but the quote.
public func quoted(_ text: String) -> String { "'" + text.filter { !$0.isNewline }.replacing("'", with: "''") + "'" }

/// The program that draws.
public enum Gnuplot {
    /// Draws into a file, PNG or SVG by its suffix, which appears when it is complete.
    public static func draw(_ plot: any Plottable, to path: String) throws {
        let terminal = try terminal(for: path)
        let temporary = Self.temporary(for: path)
        defer { unlink(temporary) }
        try ShellCommand("gnuplot").feed(plot.script(output: (temporary, terminal)))
        try checkWhole(temporary, terminal, path)
        guard rename(temporary, path) == 0 else { throw Failure.system("create", path, errno) }
    }

    /// Refuses a file that cannot be drawn into. `otherwise` says how to do without gnuplot.
    @discardableResult
    public static func terminal(for path: String, otherwise: String? = nil) throws -> PlotTerminal {
        guard !path.contains(where: \.isNewline) else { throw Failure("cannot draw '\(path)': gnuplot takes no line feed in a path") }
        guard let terminal = PlotTerminal(path: path) else { throw Failure("cannot draw '\(path)': its suffix is neither .png nor .svg") }
        let way = otherwise.map { "; \($0)" } ?? ""
        guard isInstalled else { throw Failure("cannot draw '\(path)': there is no gnuplot in the PATH\(way)") }
        try checkPlace(of: path)
        return terminal
    }

    /// gnuplot does not say when a disk was full: a whole drawing ends as its format demands.
    private static func checkWhole(_ temporary: String, _ terminal: PlotTerminal, _ path: String) throws {
        let bytes = (try? MappedFile.contents(temporary)) ?? [], end: [UInt8]
        switch terminal {
        case .png: end = [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
        case .svg: end = Array("</svg>".utf8)
        }
        guard bytes.suffix(end.count + 16).reversed().drop(while: { $0 == 0x0A || $0 == 0x20 }).starts(with: end.reversed()) else {
            throw Failure("gnuplot has not drawn all of '\(path)'")
        }
    }

    private static func temporary(for path: String) -> String { "\(path).\(getpid()).part" }

    /// Refuses a place where no file can come to be: gnuplot would draw on standard output then.
    private static func checkPlace(of path: String) throws {
        var status = stat()
        guard stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else { throw Failure.system("create", path, EISDIR) }
        let temporary = temporary(for: path), number = open(temporary, O_CREAT | O_WRONLY | O_CLOEXEC, 0o666)
        guard number >= 0 else { throw Failure.system("create", path, errno) }
        close(number)
        unlink(temporary)
    }

    private static var isInstalled: Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").contains { access("\($0)/gnuplot", X_OK) == 0 }
    }
}
