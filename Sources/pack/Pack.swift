import ArgumentParser
import Basis
import Tensors
import Tern
import Toolkit

@main
struct Pack: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "Compress a container, look into it, check it, convert it.",
        discussion: "Without a verb, a raw container becomes a packed one. See pack(1).", version: ternVersion)

    @Argument(help: "A container, or a manifest to look into; standard input if not given or -.")
    var file = "-"

    @Flag(help: "Undo the packing: write the raw container.")
    var unpack = false

    @Flag(help: "List the tensors and files.")
    var list = false

    @Flag(help: "Compare everything with its digests, and say which tensor is damaged.")
    var test = false

    @Flag(help: "Print the manifest.")
    var manifest = false

    @Option(help: ArgumentHelp("Write the bytes of the tensor or file <name>.", valueName: "name"))
    var extract: String?

    @Option(help: ArgumentHelp("Convert to <form>: raw, tern, huggingface or gguf.", valueName: "form"))
    var to: Form?

    @Option(help: ArgumentHelp("Compress at the Zstandard level <n>, 1 to 19.", valueName: "n"))
    var level = PackedWriter.defaultLevel

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to <file> instead of standard output.", valueName: "file"))
    var output = "-"

    @Flag(help: "Print lists, checks and sizes as JSON.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard [unpack, list, test, manifest, extract != nil, to != nil].count(where: { $0 }) <= 1 else {
            throw ValidationError("Only one of --unpack, --list, --test, --manifest, --extract and --to can be done at a time")
        }
        guard PackedWriter.levels.contains(level) else { throw ValidationError("--level takes a number of 1 to 19") }
    }

    func execute() throws {
        if test { return try printTest() }
        if list { return try writeText(Listing(TernContainer(file)).printed(json: json), to: output) }
        if manifest { return try writeText(portableManifest(file).json.pretty + "\n", to: output) }
        if let extract { return try writeExtract(extract) }
        switch to {
        case .huggingface(let style): try HuggingFaceExport(file, style: style, common.pool).write(to: output)
        case .gguf(let type): try writeGGUF(type)
        case .raw: try writeRaw()
        case .tern, nil: try unpack ? writeRaw() : writePacked()
        }
    }

    private func writeGGUF(_ type: String?) throws {
        let conversion = try GGUFConversion(file, type: type, common.pool)
        try conversion.write(to: openOutput(output), quiet: common.quiet)
    }

    private func writePacked() throws {
        let input = try Input.open(file), sink = CountingSink(try openOutput(output))
        let progress = Progress("pack", total: input.byteCount ?? 0, quiet: common.quiet)
        let sizes = try Packing.pack(input.reader, to: sink, level: level, common.pool, progress: progress.advance)
        progress.finish()
        let summary = SizeSummary(weights: sizes.weights, before: sizes.content, after: sink.count)
        if !common.quiet { Self.report(summary, json: json) }
    }

    private func writeRaw() throws {
        try Packing.unpack(Input.open(file).reader, to: openOutput(output))
    }

    private func printTest() throws {
        // What cannot be read at all is a failure, not an answer.
        if file != "-" { _ = try Input.open(file) }
        let problems = TernContainer.verify(file, common.pool)
        if json {
            let list = problems.map { problem -> JSON in
                .object(["tensor": problem.tensor.map(JSON.string) ?? .null, "problem": .string(problem.description)])
            }
            try writeText(JSON.object(["sound": .bool(problems.isEmpty), "problems": .array(list)]).compact + "\n", to: output)
        } else {
            for problem in problems { Self.complain(problem.description) }
        }
        if !problems.isEmpty { throw NegativeAnswer() }
    }

    private func writeExtract(_ name: String) throws {
        let container = try TernContainer(file)
        let bytes = try container.bytes(of: name)
        let sink = try container.isText(name) ? Output.open(output) : openOutput(output)
        try sink.write(bytes)
        try sink.close()
    }
}
