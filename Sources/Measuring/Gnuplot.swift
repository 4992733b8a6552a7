import Basis
import Glibc

/// The program that draws.
public enum Gnuplot {
    /// Draws recorded runs into a file, PNG or SVG by its suffix, which appears when it is complete.
    public static func draw(_ plot: SpeedPlot, to path: String) throws {
        guard let terminal = PlotTerminal(path: path) else { throw Failure("cannot draw '\(path)': its suffix is neither .png nor .svg") }
        guard isInstalled else { throw Failure("cannot draw '\(path)': there is no gnuplot in the PATH; without -o the script is printed") }
        let temporary = "\(path).\(getpid()).part"
        defer { unlink(temporary) }
        try ShellCommand("gnuplot").feed(plot.script(output: (temporary, terminal)))
        guard rename(temporary, path) == 0 else { throw Failure.system("create", path, errno) }
    }

    private static var isInstalled: Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").contains { access("\($0)/gnuplot", X_OK) == 0 }
    }
}
