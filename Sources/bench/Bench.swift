import ArgumentParser
import Toolkit

@main
struct Bench: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure speed against what the machine can do at most, and how well a model predicts and answers.",
        discussion: "Numbers go to standard output, as JSON lines with --json. See bench(1).",
        version: ternVersion,
        subcommands: [Speed.self, KernelSpeed.self, Compare.self, Quality.self, Transcend.self, Plot.self], defaultSubcommand: Speed.self)

    /// A subcommand is what runs.
    func execute() throws { throw CleanExit.helpRequest(self) }
}
