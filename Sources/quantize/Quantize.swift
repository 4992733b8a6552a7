import ArgumentParser
import Basis
import Models
import Tensors
import Toolkit

@main
struct Quantize: TernCommand {
    static let configuration = CommandConfiguration(
        commandName: "quantize", abstract: "Make a model's weights ternary.",
        discussion: "Writes a raw container, which pack compresses and infer runs. See quantize(1).", version: ternVersion)

    @Argument(help: "A Hugging Face directory, a GGUF file, a container, a manifest, hf:owner/name, or - for standard input.")
    var model: String?

    @Option(help: ArgumentHelp("Take random weights in the shape of the published model <name>.", valueName: "name"))
    var shape: String?

    @Option(help: ArgumentHelp("Quantise by the rule <name>; by default that which the model was trained with.", valueName: "name"))
    var method: String?

    @Option(help: ArgumentHelp("Make <n> planes of trits, 1 to 3, of each matrix of a model of floats.", valueName: "n"))
    var planes: Int?

    @Option(help: ArgumentHelp("The planes' scales are tied or free.", valueName: "kind"))
    var scales: Scales?

    @Flag(help: "Give each span of a row a shift as well.")
    var shifts = false

    @Option(help: ArgumentHelp("Choose the planes of each matrix, for <bits> bits a weight on average.", valueName: "bits"))
    var budget: Double?

    @Option(help: ArgumentHelp("Turn weights by a Hadamard matrix first: none, hadamard or auto.", valueName: "kind"))
    var rotation = RotationChoice.none

    @OptionGroup var calibrating: CalibrationOptions

    @Option(help: ArgumentHelp("Keep embeddings and float heads as int8, int6 or int4.", valueName: "type"))
    var embedding: IntegerBits?

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to <file> instead of standard output.", valueName: "file"))
    var output = "-"

    @Option(help: ArgumentHelp("Write what became of each matrix to <file>, as JSON.", valueName: "file"))
    var report: String?

    @Flag(help: "Say what became of the model's size as a JSON object.")
    var json = false

    @OptionGroup var form: ModelOptions

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard model != nil || shape != nil else { throw ValidationError("Missing expected argument '<model>', or --shape in its place") }
        guard model == nil || shape == nil else { throw ValidationError("Only one of a model and --shape can be had at a time") }
        guard report != output else {
            let place = output == "-" ? "standard output" : "'\(output)'"
            throw ValidationError("The container and the report cannot both go to \(place)")
        }
        guard calibrating.isAsked || budget == nil && rotation != .auto else {
            throw ValidationError("--budget and --rotation auto need a --calibration text")
        }
        guard planes == nil || budget == nil else { throw ValidationError("Only one of --planes and --budget can be had at a time") }
        guard budget.map({ $0 > 0 && $0 < 100 }) ?? true else {
            throw ValidationError("--budget takes a number of bits above 0 and below 100")
        }
        guard planes.map((1...PlaneForm.mostPlanes).contains) ?? true else {
            throw ValidationError("--planes takes 1 to \(PlaneForm.mostPlanes)")
        }
    }

    private var wish: Quantisation {
        var wish = Quantisation()
        (wish.method, wish.planes, wish.freeScales) = (method, planes, scales.map { $0 == .free })
        (wish.shifts, wish.embedding) = (shifts, embedding)
        wish.calibration = calibrating.calibration(output: output)
        (wish.budget, wish.rotation) = (budget, rotation)
        return wish
    }

    private var argument: String { get throws { try shape.map { try PublishedShape(named: $0).argument } ?? model ?? "-" } }

    func execute() throws {
        let (kernels, threads) = (try Kernels.fromEnvironment(), common.pool)
        let conversion = try Conversion(argument, layout: form.layout, wish, kernels, threads)
        if !common.quiet { remark(on: conversion) }
        // Before work that may take hours: what cannot be written shows at once.
        let sink = try openOutput(output), reportSink = try report.map { try Output.open($0) }
        try conversion.prepare(Progress("quantize", quiet: common.quiet))
        let progress = Progress("quantize", total: conversion.byteCount, quiet: common.quiet)
        let summary = try conversion.write(to: sink, reports: report != nil, progress)
        try reportSink?.write(conversion.report.json(summary).pretty + "\n")
        try reportSink?.close()
        if !common.quiet { Self.report(summary, json: json) }
    }

    /// What whoever expects the whole checkpoint, or trits, should know.
    private func remark(on conversion: Conversion) {
        if !conversion.unused.isEmpty {
            Self.complain("left out \(conversion.unused.count) tensors without a use in the model, among them '\(conversion.unused[0])'")
        }
        if !conversion.isTernary, embedding == nil {
            Self.complain("the model is one of floats: its matrices stay as they are")
        }
    }
}
