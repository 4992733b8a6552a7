import ArgumentParser
import Toolkit

@main
struct SimHW: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "sim-hw",
        abstract: "Tell what a model costs on hardware that you do not have: time, energy, memory, and where they go.",
        discussion: "No weights are needed: a config.json is a model too. Numbers go to standard output. See sim-hw(1).",
        version: ternVersion,
        subcommands: [Run.self, Explain.self, Sweep.self, Validate.self, Calibrate.self, Assembly.self, RTL.self, Devices.self],
        defaultSubcommand: Run.self)

    /// A subcommand is what runs.
    func execute() throws { throw CleanExit.helpRequest(self) }
}
