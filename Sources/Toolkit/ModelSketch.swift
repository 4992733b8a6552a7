import Basis
import Catalog
import Glibc
import Models
import Tensors
import Tern

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
        let model = try OpenModel(argument, layout: layout, threads: threads)
        graph = try model.graph.withPlanes(ModelSketch.planes(model))
    }

    /// How many planes matrices of a container are stored as, by their names.
    private static func planes(_ model: OpenModel) throws -> [String: Int] {
        guard let manifest = try model.checkpoint.manifest.map({ try Manifest($0) }) else { return [:] }
        let planes = manifest.tensors.filter { !$0.encoding.isTernary }.compactMap { tensor in
            tensor.encoding.planeCount.map { (tensor.name, $0) }
        }
        return Dictionary(planes) { first, _ in first }
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
