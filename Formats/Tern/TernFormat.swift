import Basis
import Models
import Tensors

/// Tern's own files: containers raw or packed, manifests, and standard input. It answers for everything that no other format takes.
public struct TernFormat: ModelFormat {
    public static let name = "tern"

    public static func open(_ argument: String, _ threads: ThreadPool) throws -> Checkpoint? {
        let container = try TernContainer(argument)
        return Checkpoint(
            files: container.files, tensors: container.tensors, graph: container.manifest.graph,
            manifest: container.manifest.json, digest: container.rawRoot?.hex,
            licence: container.manifest.licence)
    }
}
