import ArgumentParser
import Measuring
import Tensors
import Toolkit

struct Transcend: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "transcend", abstract: "Show when a model is better than each of the experts that it learns from.")

    @Option(help: ArgumentHelp("Do the <experiment> linear or adding only.", valueName: "experiment"))
    var experiment: TranscendExperiment?

    @Option(help: ArgumentHelp("Do everything with <n> seeds.", valueName: "n"))
    var seeds = 20

    @Option(help: ArgumentHelp("Start the random numbers from <s>.", valueName: "s"))
    var seed: UInt64 = 0

    @Option(help: ArgumentHelp("Draw the gains over the temperature into <file>, by its suffix as .png or .svg.", valueName: "file"))
    var plot: String?

    @Flag(help: "Print JSON lines.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...10_000).contains(seeds) else { throw ValidationError("--seeds takes a number of 1 to 10000") }
    }

    private var plan: TranscendPlan {
        var plan = TranscendPlan()
        if let experiment { plan.experiments = [experiment] }
        (plan.seeds, plan.seed) = (seeds, seed)
        return plan
    }

    func execute() throws {
        // Before any work: what cannot be written is told at once.
        if let plot { try Gnuplot.terminal(for: plot) }
        let progress = Progress("bench", quiet: common.quiet)
        let report = try TranscendRun(plan, Kernels.fromEnvironment(), common.pool).report { progress.advance(to: $0, of: $1) }
        progress.finish()
        try printOut(report.printed(json: json))
        if let plot { try Gnuplot.draw(report.plot, to: plot) }
    }
}

extension TranscendExperiment: ExpressibleByArgument {}
