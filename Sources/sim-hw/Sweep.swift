import ArgumentParser
import Hardware
import Toolkit

struct Sweep: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Predict over devices, prompts, batches and chips: a line each combination.")

    @OptionGroup var sketch: SketchOptions

    @Option(help: ArgumentHelp("The devices, by commas; all that come with Tern if not given.", valueName: "list"))
    var devices: String?

    @Option(
        name: .customLong("set"), help: ArgumentHelp("Give a number of each device another value. Repeatable.", valueName: "path=value"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("Prompts of so many tokens.", valueName: "list"))
    var prompts = Numbers([128])

    @Option(help: ArgumentHelp("So many texts at once.", valueName: "list"))
    var batches = Numbers([1])

    @Option(help: ArgumentHelp("So many chips; as the device has if not given.", valueName: "list"))
    var chips: Numbers?

    @Option(help: ArgumentHelp("Answer with <n> tokens.", valueName: "n"))
    var tokens = 128

    @Option(help: ArgumentHelp("Draw tokens a second over what is swept into <file>, .png or .svg, through gnuplot.", valueName: "file"))
    var plot: String?

    @Flag(help: "Print JSON lines.")
    var json = false

    @Flag(help: "Print comma-separated values.")
    var csv = false

    func validate() throws {
        try prompts.check("--prompts", 0...1 << 24)
        try batches.check("--batches", 1...1 << 20)
        try chips?.check("--chips", 1...1_000_000)
        guard (1...1 << 24).contains(tokens) else { throw ValidationError("--tokens takes a number of 1 to 16777216") }
        guard !(json && csv) else { throw ValidationError("Only one of --json and --csv can be had at a time") }
    }

    func execute() throws {
        if let plot { try Gnuplot.terminal(for: plot) }
        let model = try sketch.opened()
        let report = SweepReport(try points(model))
        if let plot { try Gnuplot.draw(SweepPlot(report), to: plot) }
        try printOut(json ? report.jsonLines : csv ? report.csv : report.text)
    }

    private func points(_ model: SimulatedModel) throws -> [Prediction] {
        let names = devices?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) ?? DeviceLibrary.names
        return try names.flatMap { name in
            let device = try DeviceLibrary.device(name, settings: settings)
            return try (chips?.values ?? [device.chips]).flatMap { count in
                let device = count == device.chips ? device : try DeviceLibrary.device(name, settings: settings + ["chips=\(count)"])
                return try batches.values.flatMap { batch in
                    try prompts.values.map { prompt in
                        var work = Workload()
                        (work.batch, work.prompt, work.tokens) = (batch, prompt, tokens)
                        return try Prediction(Simulation(model, on: device, work))
                    }
                }
            }
        }
    }
}
