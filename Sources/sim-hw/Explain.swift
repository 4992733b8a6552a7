import ArgumentParser
import Hardware
import Toolkit

struct Explain: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Tell what binds each layer, and what would change it: bandwidth, clock, launches, bits.")

    @OptionGroup var sketch: SketchOptions
    @OptionGroup var hardware: DeviceOptions
    @OptionGroup var work: WorkOptions

    @Flag(help: "Print a JSON object.")
    var json = false

    func execute() throws {
        let report = try ExplainReport(Simulation(sketch.opened(), on: hardware.opened(), work.workload))
        try printOut(json ? report.json.compact + "\n" : report.text)
    }
}
