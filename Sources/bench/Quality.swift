import ArgumentParser
import Basis
import Measuring
import Tensors
import Toolkit

struct Quality: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "quality", abstract: "Measure how well a model predicts text and answers questions, and what thinking adds.")

    @Argument(help: "What to measure: a container, a Hugging Face directory, a manifest, hf:owner/name, or - for standard input.")
    var model: String

    @OptionGroup var options: QualityOptions
    @OptionGroup var storage: StorageOptions
    @OptionGroup var form: ModelOptions

    @Option(help: ArgumentHelp("Draw the curve over tokens of thought into <file>, by its suffix as .png or .svg.", valueName: "file"))
    var plot: String?

    @Option(help: ArgumentHelp("Write what became of each question to <file>, as JSON lines.", valueName: "file"))
    var answers: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard answers == nil || !options.questions.isEmpty || !options.task.isEmpty else {
            throw ValidationError("--answers goes with --questions or --task")
        }
        guard model != "-" || options.reference != "-" else { throw ValidationError("Standard input can only be one of the two models") }
        guard answers != "-" else { throw ValidationError("--answers takes a file, for numbers go to standard output") }
    }

    private var plan: QualityPlan {
        get throws {
            var plan = try options.plan(for: model)
            (plan.layout, plan.cache, plan.embedding) = (form.layout, storage.cache, storage.embedding)
            return plan
        }
    }

    func execute() throws {
        // Before any work: what cannot be written is told at once.
        if let plot { try Gnuplot.terminal(for: plot) }
        let answers = try answers.map(Output.open)
        let run = try QualityRun(plan, try Kernels.fromEnvironment(), common.pool)
        let progress = Progress("bench", quiet: common.quiet)
        let report = try run.report({ progress.advance(to: $0, of: $1) })
        progress.finish()
        try answers?.write(report.answers)
        try answers?.close()
        try printOut(report.printed(json: json))
        if let plot { try Gnuplot.draw(report.plot, to: plot) }
    }
}
