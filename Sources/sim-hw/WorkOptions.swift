import Accelerator
import ArgumentParser
import Basis
import Hardware
import Toolkit

extension Packing: ExpressibleByArgument {}
extension NumberFormat: ExpressibleByArgument {}

/// What a model is asked, and how it lies in memory.
struct WorkOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Read a prompt of <n> tokens; 0 for none.", valueName: "n"))
    var prompt = 128

    @Option(help: ArgumentHelp("Answer with <n> tokens.", valueName: "n"))
    var tokens = 128

    @Option(help: ArgumentHelp("Do so for <n> texts at once.", valueName: "n"))
    var batch = 1

    @Option(
        help: ArgumentHelp(
            "Trits lie in memory in <n> bits: 1.585 (the bound), 1.6, 1.667, 2 or 8; as the device likes it if not given.", valueName: "n"))
    var bits: Packing?

    @Option(help: ArgumentHelp("Embeddings and float heads are <format>; what the device multiplies if not given.", valueName: "format"))
    var tables: NumberFormat?

    @Option(help: ArgumentHelp("Numbers of keys and values are <format>; fp16 if not given.", valueName: "format"))
    var cache: NumberFormat?

    @Option(help: ArgumentHelp("The share of trits that are zero, for engines that skip them.", valueName: "share"))
    var zeros: Double?

    @Option(help: ArgumentHelp("The share of activations that are zero before products, for engines that skip them.", valueName: "share"))
    var activationZeros: Double?

    @Flag(help: "Leave out embedding, head and the choice of a token, as some publications do.")
    var blocksOnly = false

    func validate() throws {
        try check("--prompt", prompt, 0...1 << 24)
        try check("--tokens", tokens, 1...1 << 24)
        try check("--batch", batch, 1...1 << 20)
        guard (0...1).contains(zeros ?? 0) else { throw ValidationError("--zeros takes a share of 0 to 1") }
        guard (0...1).contains(activationZeros ?? 0) else { throw ValidationError("--activation-zeros takes a share of 0 to 1") }
    }

    private func check(_ option: String, _ value: Int, _ range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            throw ValidationError("\(option) takes a number of \(range.lowerBound) to \(range.upperBound)")
        }
    }

    /// Refuses what a core does not ask about: it works on one text, in its own numbers, and counts all of a token.
    func checkForCore() throws {
        let given = [
            ("--batch", batch != 1), ("--tables", tables != nil), ("--cache", cache != nil), ("--zeros", zeros != nil),
            ("--activation-zeros", activationZeros != nil), ("--blocks-only", blocksOnly),
        ]
        if let (option, _) = given.first(where: \.1) { throw Failure("\(option) goes with the fidelity roofline alone") }
    }

    var workload: Workload {
        var work = Workload()
        (work.prompt, work.tokens, work.batch) = (prompt, tokens, batch)
        (work.packing, work.tables, work.cacheBits) = (bits, tables, cache?.bits ?? work.cacheBits)
        (work.zeros, work.activationZeros, work.blocksOnly) = (zeros ?? work.zeros, activationZeros ?? 0, blocksOnly)
        return work
    }
}

/// The model of a simulation.
struct SketchOptions: ParsableArguments {
    @Argument(
        help: """
            A config.json or a folder with one, shape:NAME, a container, a GGUF file, a manifest, hf:owner/name, or - for standard input.
            """)
    var model: String

    @OptionGroup var form: ModelOptions

    func opened() throws -> SimulatedModel {
        let sketch = try ModelSketch(model, layout: form.layout, threads: .init(threads: 1))
        return try SimulatedModel(model, sketch.graph)
    }
}
