import ArgumentParser
import Hardware
import Toolkit

struct Run: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Predict time, energy and memory of a model on a device, and where they go.")

    @OptionGroup var sketch: SketchOptions
    @OptionGroup var hardware: DeviceOptions
    @OptionGroup var work: WorkOptions

    @Option(help: ArgumentHelp("Write the launches of a prompt and a token to <file>, for chrome://tracing and Perfetto.", valueName: "file"))
    var trace: String?

    @Option(help: ArgumentHelp("Draw the roofline into <file>, .png or .svg, through gnuplot.", valueName: "file"))
    var plot: String?

    @Flag(help: "Print a JSON object.")
    var json = false

    func execute() throws {
        if let plot { try Gnuplot.terminal(for: plot) }
        let prediction = try Prediction(Simulation(sketch.opened(), on: hardware.opened(), work.workload))
        if let trace { try writeText(ChromeTrace(prediction).json.compact + "\n", to: trace) }
        if let plot { try Gnuplot.draw(RooflinePlot(prediction), to: plot) }
        let report = RunReport(prediction)
        try printOut(json ? report.json.compact + "\n" : report.text)
    }
}
