import Basis
import Tensors

/// A model as a format opens it: its tensors, the small files that travel with them, and its graph where the file carries one.
public struct Checkpoint {
    public let files: [SmallFile]
    public let tensors: any TensorSource
    /// The graph as the file carries it; nil for formats that name a family instead.
    public let graph: JSON?
    /// The manifest that came with it, if any.
    public let manifest: JSON?
    /// Identifies the model's content; nil if the format keeps no digests.
    public let digest: String?

    /// The licence that the model comes under, as far as it says.
    public let licence: String?
    /// Why a small file is not there that a format should have made, by its name.
    public let refusals: [String: Failure]

    public init(
        files: [SmallFile], tensors: any TensorSource, graph: JSON? = nil, manifest: JSON? = nil, digest: String? = nil,
        licence: String? = nil, refusals: [String: Failure] = [:]
    ) {
        (self.files, self.tensors, self.graph, self.manifest) = (files, tensors, graph, manifest)
        (self.digest, self.licence, self.refusals) = (digest, licence, refusals)
    }

    /// The bytes of a small file, nil if there is none of this name.
    public func file(_ name: String) -> [UInt8]? { files.first { $0.name == name }?.bytes }

    /// config.json.
    public func configuration() throws -> JSON {
        guard let bytes = file("config.json") else { throw Failure("the model has no config.json") }
        return try naming("config.json") { try JSON(parsing: bytes) }
    }
}
