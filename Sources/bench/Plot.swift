import ArgumentParser
import Basis
import Measuring
import Toolkit

struct Plot: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "plot", abstract: "Draw what 'bench speed --json' printed, through gnuplot.")

    @Argument(help: "A file of JSON lines, of one run or several; - for standard input.")
    var file: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Draw into <file>, by its suffix as .png or .svg; without it print the script for gnuplot.", valueName: "file"))
    var output: String?

    func execute() throws {
        let name = file == "-" ? "standard input" : file
        let text = try file == "-" ? DescriptorReader(Descriptor(0, name: name)).readAll(limit: 1 << 27) : MappedFile.contents(file)
        let plot = SpeedPlot(try naming(name) { try RecordedRun.all(in: text) })
        if let output { try Gnuplot.draw(plot, to: output) } else { try printOut(plot.script()) }
    }
}
