import ArgumentParser
import Basis
import Hardware
import Measuring
import Tensors
import Toolkit

struct Calibrate: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate", abstract: "Make a device of this machine, measured by its kernels, or fit overhead and rates to a table.")

    @Option(
        help: ArgumentHelp(
            "Fit to the lines of <file>: comma-separated bytes, operations and seconds, a line of names first.", valueName: "file"))
    var csv: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the device into <file>; to standard output if not given.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Measure everything <n> times and count the best.", valueName: "n"))
    var rounds = 8

    @Option(help: ArgumentHelp("Spend <s> seconds on each measurement.", valueName: "s"))
    var seconds = 0.03

    @Flag(help: "Print the fit as a JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds takes a number of 1 to 1000") }
        guard (0...60).contains(seconds) else { throw ValidationError("--seconds takes a number of 0 to 60") }
        guard !json || csv != nil else { throw ValidationError("--json goes with --csv: a device is JSON anyway") }
        guard csv == nil || output == nil else { throw ValidationError("Only one of --csv and --output can be had at a time") }
    }

    func execute() throws {
        if let csv {
            let fit = try naming(csv) { try RooflineFit(csv: MappedFile.contents(csv)) }
            return try printOut(json ? fit.json.compact + "\n" : fit.text)
        }
        // A place where nothing can be written is told before anything is measured.
        let file = try output.map { try Output.open($0) }
        let machine = MachineCalibration(try Kernels.fromEnvironment(), common.pool, rounds: rounds, seconds: seconds)
        let progress = Progress("sim-hw", quiet: common.quiet)
        let device = try machine.device { progress.advance(to: $0, of: $1) }
        progress.finish()
        // What cannot be read back is not written.
        _ = try Device(device, table: DeviceLibrary.energyTable)
        guard let file else { return try printOut(device.pretty + "\n") }
        try file.write(device.pretty + "\n")
        try file.close()
    }
}
