import Accelerator
import ArgumentParser
import Basis
import Hardware
import Models
import Tensors
import Toolkit

/// From the model of the core to hardware: Verilog, a real layer's vectors, and benches.
struct RTL: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "rtl",
        abstract: "Write the ternary unit of a core as Verilog with a real layer's vectors, and hold it against the model.",
        discussion: "Verilator counts its cycles and checks its sums, Yosys its area, where they are installed.")

    @Argument(help: "The model, with weights.")
    var model: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Write into <folder>.", valueName: "folder"))
    var output: String

    @Option(help: ArgumentHelp("Multiply by the matrix <name>; the model's first if not given.", valueName: "name"))
    var layer: String?

    @Option(help: ArgumentHelp("Take the activations that token <n> gives at the beginning of a text.", valueName: "n"))
    var token = 0

    @OptionGroup var unit: UnitOptions
    @OptionGroup var form: ModelOptions

    @Flag(help: "Only write; run no tool.")
    var noRun = false

    @Flag(help: "Print a JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (0...Int(Int32.max)).contains(token) else { throw ValidationError("--token takes a number of 0 to \(Int32.max)") }
    }

    func execute() throws {
        let pool = common.pool, device = try unit.opened()
        guard let core = device.core?.core else { throw Failure("device '\(device.name)' has no 'core'") }
        guard model != "-" else { throw Failure("the weights are read twice: name a file, not standard input") }
        let opened = try OpenModel(model, layout: form.layout, threads: pool)
        let layer = try RealLayer(opened, named: layer, token: Int32(token), threads: pool)
        let folder = try RTLFolder(output, unit: core.ternary, layer: layer.vectors)
        try writeProgram(opened.graph, core)
        let report = try RTLReport(folder, layer: layer.name, port: core.port, runs: !noRun)
        if !common.quiet { for line in report.missing { SimHW.complain(line) } }
        try printOut(json ? report.json.compact + "\n" : report.text)
        guard report.holds ?? true else { throw NegativeAnswer() }
    }

    /// What the whole core would run, beside the unit.
    private func writeProgram(_ graph: Graph, _ core: Core) throws {
        let program = try Program(compiling: graph, for: core)
        try writeText(program.text, to: "\(output)/program.s")
        try writeText(program.rom.map { hexadecimal($0) + "\n" }.joined(), to: "\(output)/program.hex")
    }
}

/// A word of the instruction memory in 16 hexadecimal digits.
func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

/// The unit: that of a device's core, or as given.
struct UnitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The device whose core has the unit: a name that 'sim-hw devices' lists, or a file.", valueName: "device"))
    var device = "d5005"

    @Option(help: ArgumentHelp("Activations that enter a cycle.", valueName: "n"))
    var lanes: Int?

    @Option(help: ArgumentHelp("Rows of the matrix that are summed at once.", valueName: "n"))
    var columns: Int?

    @Option(help: ArgumentHelp("Trits lie in memory in <n> bits: 1.6, 1.667, 2 or 8.", valueName: "n"))
    var bits: Packing?

    @Option(help: ArgumentHelp("Cycles from the last word to the last sum.", valueName: "n"))
    var latency: Int?

    /// The device with its unit as given.
    func opened() throws -> Device {
        let numbers = [("lanes", lanes), ("columns", columns), ("latency", latency)].compactMap { key, value in
            value.map { "core.ternary.\(key)=\($0)" }
        }
        return try DeviceLibrary.device(device, settings: numbers + (bits.map { ["core.ternary.packing=\"\($0.rawValue)\""] } ?? []))
    }
}
