import Accelerator
import ArgumentParser
import Basis
import Hardware
import Toolkit

/// The instructions of a core: made of a model, read from a text, timed.
struct Assembly: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "program", abstract: "Print the program that a core runs for a token of a model, or time one from a file.")

    @Argument(help: "The model whose program is made; none with --assemble.")
    var model: String?

    @Option(help: ArgumentHelp("Read the program from <file> instead; - for standard input.", valueName: "file"))
    var assemble: String?

    @Option(help: ArgumentHelp("Time a token that comes after <n> others.", valueName: "n"))
    var past = 0

    @Flag(help: "Print instructions with the cycles at which they begin and end, and what they wait for.")
    var timing = false

    @Flag(help: "Print the instruction memory, a word of 16 hexadecimal digits a line, as $readmemh takes it.")
    var hex = false

    @OptionGroup var hardware: DeviceOptions
    @OptionGroup var form: ModelOptions

    func validate() throws {
        guard (model == nil) != (assemble == nil) else { throw ValidationError("Either a model or --assemble is needed") }
        guard !(timing && hex) else { throw ValidationError("Only one of --timing and --hex can be had at a time") }
        guard (0...1 << 20).contains(past) else { throw ValidationError("--past takes a number of 0 to 1048576") }
    }

    func execute() throws {
        let device = try hardware.opened()
        guard let core = device.core?.core else { throw Failure("device '\(device.name)' has no 'core'") }
        let program = try program(for: core)
        try program.check(for: core)
        if hex { return try printOut(program.rom.map { hexadecimal($0) + "\n" }.joined()) }
        try printOut(timing ? timed(program, try Timing(program, core, past: past)) : program.text)
    }

    private func program(for core: Core) throws -> Program {
        if let assemble {
            let text = assemble == "-"
                ? try DescriptorReader(Descriptor(0, name: "standard input")).readAll(limit: 1 << 27) : try MappedFile.contents(assemble)
            return try naming(assemble == "-" ? "standard input" : assemble) {
                try Program(assembling: String(decoding: text, as: UTF8.self))
            }
        }
        let graph = try ModelSketch(model ?? "", layout: form.layout, threads: .init(threads: 1)).graph
        return try Program(compiling: graph, for: core, context: past + 1)
    }

    private func timed(_ program: Program, _ timing: Timing) -> String {
        let rows = timing.records.map { record in
            [
                "\(record.start)", "\(record.end)", record.unit.rawValue, program.instructions[record.instruction].opcode.rawValue,
                record.reason.map { "\(record.waited) for a \($0.rawValue)" } ?? "",
                record.waitedForPort > 0 ? "\(record.waitedForPort)" : "",
                program.node(of: record.instruction),
            ]
        }
        let head = ["begins", "ends", "unit", "instruction", "waited", "port", "node"]
        return table([head] + rows, rightAligned: [0, 1, 5]) + "\(timing.cycles) cycles\n"
    }
}
