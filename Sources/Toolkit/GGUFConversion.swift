import Basis
import Catalog
import GGUF
import Models
import Tensors

/// A model of any format as a GGUF file: `pack --to gguf`.
public struct GGUFConversion {
    /// The types that its matrices can be asked to have.
    public static let types = GGUFExport.types

    private let argument: String
    private let export: GGUFExport

    /// `type` is one of `types`; nil leaves the choice to the format.
    public init(_ argument: String, type: String?, _ threads: ThreadPool) throws {
        self.argument = argument
        let model = try OpenModel(argument, threads: threads)
        export = try naming(argument == "-" ? "standard input" : argument) {
            let tensors = try model.containerTensors(.best, threads)
            let export = try GGUFExport(
                model.graph, tensors, files: model.checkpoint, name: GGUFConversion.name(of: model), type: type, threads)
            try GGUFConversion.check(export)
            return export
        }
    }

    /// What the file says is what the model computes: the graph of what a reader would find there is the same.
    private static func check(_ export: GGUFExport) throws {
        guard let family = Catalog.family(of: export.configuration) else {
            throw Failure("a GGUF file cannot hold this model: it is of no known family")
        }
        try export.check(try Catalog.plainGraph(family, export.configuration))
    }

    private static func name(of model: OpenModel) -> String {
        if let name = model.checkpoint.manifest?["name"]?.stringValue { return name }
        return model.argument.split(separator: "/").last.map(String.init) ?? "model"
    }

    /// Writes the file and closes the sink.
    public func write(to sink: any ByteSink, quiet: Bool) throws {
        let progress = Progress("pack", total: export.byteCount, quiet: quiet)
        try naming(argument == "-" ? "standard input" : argument) { try export.write(to: sink) { progress.advance(by: $0) } }
        progress.finish()
    }
}
