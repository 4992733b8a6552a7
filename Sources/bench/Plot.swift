import ArgumentParser
import Basis
import Measuring
import Toolkit

struct Plot: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot", abstract: "Draw what 'bench speed --json' printed or think-train logged, through gnuplot.")

    @Argument(help: "Files of JSON lines, records of bench speed or logs of think-train; - for standard input.")
    var files: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Draw into <file>, by its suffix as .png or .svg; without it print the script for gnuplot.", valueName: "file"))
    var output: String?

    func execute() throws {
        let texts = try files.map { (name: $0 == "-" ? "standard input" : $0, text: try Self.contents($0)) }
        let plot: any Plottable =
            texts.allSatisfy { LearningCurve.isLog($0.text) }
            ? LearningPlot(try texts.map { file in try naming(file.name) { try LearningCurve(Self.title(file.name), log: file.text) } })
            : SpeedPlot(try texts.flatMap { file in try naming(file.name) { try RecordedRun.all(in: file.text) } })
        if let output { try Gnuplot.draw(plot, to: output) } else { try printOut(plot.script(output: nil)) }
    }

    private static func contents(_ file: String) throws -> [UInt8] {
        guard file == "-" else { return try MappedFile.contents(file) }
        return try DescriptorReader(Descriptor(0, name: "standard input")).readAll(limit: 1 << 27)
    }

    /// A run is called as its folder is.
    private static func title(_ file: String) -> String {
        let parts = file.split(separator: "/")
        return String(parts.count > 1 ? parts[parts.count - 2] : parts.last ?? "log")
    }
}
