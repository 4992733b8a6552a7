import ArgumentParser
import Basis
import Measuring
import Tensors
import Toolkit

struct Compare: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Measure two models, or one in two ways, in turns, and tell how many times as fast one is.")

    @Argument(help: "A model, with ,threads=<n>, ,level=<name> or ,batch=<n> behind it; or command:<line>.")
    var a: String

    @Argument(help: "What it is compared with.")
    var b: String

    @OptionGroup var options: RunOptions
    @OptionGroup var storage: StorageOptions
    @OptionGroup var form: ModelOptions
    @OptionGroup var time: TimeOptions

    @Flag(help: "Print JSON lines.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if let rounds = time.rounds, !(PairedRatio.leastPairs...PairedRatio.mostPairs).contains(rounds) {
            throw ValidationError("--rounds takes a number of \(PairedRatio.leastPairs) to \(PairedRatio.mostPairs)")
        }
        guard a != "-" || b != "-" else { throw ValidationError("Standard input can only be one of the two") }
    }

    private var plan: ComparisonPlan {
        get throws {
            var plan = ComparisonPlan(try Kernels.fromEnvironment(), threads: common.pool.threads)
            (plan.cache, plan.embedding, plan.layout) = (storage.cache, storage.embedding, form.layout)
            plan.prompt = options.prompt ?? plan.prompt
            plan.rounds = time.rounds ?? plan.rounds
            plan.seconds = time.seconds ?? plan.seconds
            return plan
        }
    }

    func execute() throws {
        let run = try ComparisonRun(ContenderName(a), ContenderName(b), plan)
        let progress = Progress("bench", quiet: common.quiet)
        let report = try run.report({ progress.advance(to: $0, of: $1) })
        progress.finish()
        try printOut(report.printed(json: json))
    }
}
