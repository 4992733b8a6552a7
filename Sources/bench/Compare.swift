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

    @Option(help: ArgumentHelp("Read a prompt of <n> tokens; 0 for none.", valueName: "n"))
    var prompt = 128

    @Option(help: ArgumentHelp("Measure <n> pairs.", valueName: "n"))
    var rounds = 12

    @Option(help: ArgumentHelp("Spend at least <s> seconds on each measurement.", valueName: "s"))
    var seconds = 0.25

    @Flag(help: "Print JSON lines.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (0...1 << 20).contains(prompt) else { throw ValidationError("--prompt takes a number of 0 to 1048576") }
        guard (PairedRatio.leastPairs...PairedRatio.mostPairs).contains(rounds) else {
            throw ValidationError("--rounds takes a number of \(PairedRatio.leastPairs) to \(PairedRatio.mostPairs)")
        }
        guard seconds >= 0, seconds <= 3600 else { throw ValidationError("--seconds takes a number of 0 to 3600") }
        guard a != "-" || b != "-" else { throw ValidationError("Standard input can only be one of the two") }
    }

    func execute() throws {
        var plan = ComparisonPlan(try Kernels.fromEnvironment(), threads: common.pool.threads)
        (plan.prompt, plan.rounds, plan.seconds) = (prompt, rounds, seconds)
        let run = try ComparisonRun(ContenderName(a), ContenderName(b), plan)
        let progress = Progress("bench", quiet: common.quiet)
        let report = try run.report(progress.advance(to:of:))
        progress.finish()
        try printOut(report.printed(json: json))
    }
}
