import Basis
import Catalog
import Glibc
import Models
import Tensors

/// A model as far as its graph goes: no weight is read, and where a configuration is all there is, none need be there.
public struct ModelSketch {
    /// As the command line named it.
    public let argument: String
    public let graph: Graph

    /// A config.json, a folder with one, `shape:NAME`, or whatever else a program opens as a model.
    public init(_ argument: String, layout: String? = nil, threads: ThreadPool) throws {
        self.argument = argument
        if let shape = try PublishedShape(argument: argument) { graph = try shape.graph; return }
        if layout == nil, let configuration = try ModelSketch.configuration(argument) {
            graph = try naming(argument) { try ModelSketch.graph(of: configuration) }
            return
        }
        graph = try OpenModel(argument, layout: layout, threads: threads).graph
    }

    public static func graph(of configuration: JSON) throws -> Graph {
        try Catalog.graph(Catalog.knownFamily(of: configuration), configuration)
    }

    /// The configuration in a folder, or in a file that holds one; nil for anything else, a manifest say.
    private static func configuration(_ argument: String) throws -> JSON? {
        let path = isFolder(argument) ? "\(argument)/config.json" : argument
        guard path.hasSuffix(".json"), access(path, F_OK) == 0 else { return nil }
        let json = try naming(path) { try JSON(parsing: MappedFile.contents(path, limit: 1 << 24)) }
        return json["model_type"] == nil && !isFolder(argument) ? nil : json
    }
}
