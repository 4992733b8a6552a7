import ArgumentParser
import Measuring
import Toolkit

struct KernelSpeed: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "kernels", abstract: "Measure every kernel at every level that the processor has, on one thread.")

    @Option(help: ArgumentHelp("Multiply by matrices of about <n> bytes.", valueName: "n"))
    var bytes = 1 << 18

    @Option(help: ArgumentHelp("Multiply by so many rows of activations at once, one measurement each.", valueName: "list"))
    var batch = Numbers([1, 4, 16, 64])

    @OptionGroup var time: TimeOptions

    @Flag(help: "Print JSON lines.")
    var json = false

    @Flag(help: "No progress and no remarks on standard error, only failures.")
    var quiet = false

    func validate() throws {
        guard (1...1 << 34).contains(bytes) else { throw ValidationError("--bytes takes a number of 1 to 17179869184") }
        try batch.check("--batch", 1...1024)
    }

    func execute() throws {
        let run = try KernelRun(bytes: bytes, batches: batch.values, rounds: time.rounds ?? 4, seconds: time.seconds ?? 0.002)
        let progress = Progress("bench", quiet: quiet)
        let report = run.report({ progress.advance(to: $0, of: $1) })
        progress.finish()
        try printOut(report.printed(json: json))
    }
}
