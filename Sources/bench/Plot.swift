import ArgumentParser
import Basis
import Measuring
import Toolkit

struct Plot: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot", abstract: "Draw what speed, quality and transcend printed with --json or think-train logged, through gnuplot.")

    @Argument(help: "Files of JSON lines, records of speed, quality or transcend, or logs of think-train; - for standard input.")
    var files: [String]

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Draw into <file>, by its suffix as .png or .svg; without it print the script for gnuplot.", valueName: "file"))
    var output: String?

    func execute() throws {
        let texts = try files.map { (name: $0 == "-" ? "standard input" : $0, text: try Self.contents($0)) }
        let plot = try Self.plot(of: texts)
        guard let output else { return try printOut(plot.script(output: nil)) }
        try Gnuplot.terminal(for: output, otherwise: "without -o the script is printed")
        try Gnuplot.draw(plot, to: output)
    }

    private static func plot(of texts: [(name: String, text: [UInt8])]) throws -> any Plottable {
        if texts.allSatisfy({ LearningCurve.isLog($0.text) }) {
            return LearningPlot(try texts.map { file in try naming(file.name) { try LearningCurve(title(file.name), log: file.text) } })
        }
        if texts.allSatisfy({ QualityCurve.isRecord($0.text) }) {
            return QualityPlot(try texts.flatMap { file in try naming(file.name) { try QualityCurve.all(in: file.text) } })
        }
        if texts.allSatisfy({ TranscendCurve.isRecord($0.text) }) {
            return TranscendPlot(try texts.flatMap { file in try naming(file.name) { try TranscendCurve.all(in: file.text) } })
        }
        return SpeedPlot(try texts.flatMap { file in try naming(file.name) { try RecordedRun.all(in: file.text) } })
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
