import ArgumentParser
import Basis
import Hardware
import Tensors
import Toolkit

struct Run: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Predict time, energy and memory of a model on a device, and where they go.")

    @OptionGroup var sketch: SketchOptions
    @OptionGroup var hardware: DeviceOptions
    @OptionGroup var work: WorkOptions

    @Option(
        help: ArgumentHelp(
            "How closely to look: roofline, cycle for instructions one by one, or exact for their integers, too.", valueName: "fidelity"))
    var fidelity = Fidelity.roofline

    @Option(
        help: ArgumentHelp("Write the launches of a prompt and a token to <file>, for chrome://tracing and Perfetto.", valueName: "file"))
    var trace: String?

    @Option(help: ArgumentHelp("Draw the roofline into <file>, .png or .svg, through gnuplot.", valueName: "file"))
    var plot: String?

    @Flag(help: "Print a JSON object.")
    var json = false

    func execute() throws {
        guard fidelity == .roofline else { return try runCore() }
        if let plot { try Gnuplot.terminal(for: plot) }
        let prediction = try Prediction(Simulation(sketch.opened(), on: hardware.opened(), work.workload))
        if let trace { try writeText(ChromeTrace(prediction).json.compact + "\n", to: trace) }
        if let plot { try Gnuplot.draw(RooflinePlot(prediction), to: plot) }
        let report = RunReport(prediction)
        try printOut(json ? report.json.compact + "\n" : report.text)
    }

    private func runCore() throws {
        guard plot == nil else { throw Failure("--plot draws the roofline: it goes with that fidelity") }
        try work.checkForCore()
        guard fidelity == .cycle else { return try runExactly() }
        let report = try CycleReport(CoreSimulation(sketch.opened(), on: hardware.opened(), work.workload))
        if let trace { try writeText(report.trace.compact + "\n", to: trace) }
        try printOut(json ? report.json.compact + "\n" : report.text)
    }
}

extension Run {
    private func runExactly() throws {
        guard trace == nil else { throw Failure("--trace goes with the fidelities roofline and cycle") }
        let pool = ThreadPool(threads: ThreadPool.processors)
        let model = try OpenModel(sketch.model, layout: sketch.form.layout, threads: pool)
        let run = try ExactRun(model, on: hardware.opened(), work.workload, threads: pool)
        try printOut(json ? run.json.compact + "\n" : run.text)
        guard run.comparison.isEqual else { throw NegativeAnswer() }
    }
}

/// How closely a simulation looks.
enum Fidelity: String, CaseIterable, ExpressibleByArgument { case roofline, cycle, exact }
