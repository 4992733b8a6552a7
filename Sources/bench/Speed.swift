import ArgumentParser
import Measuring
import Tensors
import Toolkit

struct Speed: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed", abstract: "Read prompts and decode, and hold the speed against the memory and the multipliers.")

    @Argument(help: "What to measure: a container, a Hugging Face directory, a manifest, hf:owner/name, or - for standard input.")
    var model: String?

    @Option(help: ArgumentHelp("Measure random weights in the shape of the published model <name>.", valueName: "name"))
    var shape: String?

    @OptionGroup var speed: SpeedOptions
    @OptionGroup var options: RunOptions
    @OptionGroup var storage: StorageOptions
    @OptionGroup var form: ModelOptions
    @OptionGroup var time: TimeOptions

    @Flag(help: "Print JSON lines.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard model != nil || shape != nil else { throw ValidationError("Missing expected argument '<model>', or --shape in its place") }
        guard model == nil || shape == nil else { throw ValidationError("Only one of a model and --shape can be had at a time") }
    }

    private func plan(for model: LoadedModel, threads: Int) -> SpeedPlan {
        var plan = speed.plan(threads: threads, for: model)
        plan.cache = storage.cache
        plan.prompt = options.prompt ?? plan.prompt
        plan.rounds = time.rounds ?? plan.rounds
        plan.seconds = time.seconds ?? plan.seconds
        return plan
    }

    func execute() throws {
        let (kernels, pool) = (try Kernels.fromEnvironment(), common.pool)
        let argument = try shape.map { try PublishedShape(named: $0).argument } ?? model ?? "-"
        let model = try LoadedModel(argument, layout: form.layout, embedding: storage.embedding, kernels, pool)
        let run = try SpeedRun(model, plan(for: model, threads: pool.threads))
        let progress = Progress("bench", quiet: common.quiet)
        let report = try run.report({ progress.advance(to: $0, of: $1) })
        progress.finish()
        try printOut(report.printed(json: json))
    }
}
