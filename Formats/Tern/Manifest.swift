import Basis
import Tensors

/// What a container or a manifest file says of its model: tern-manifest(5).
public struct Manifest: Hashable, Sendable {
    /// The only version there is.
    public static let version = 1

    public var name: String
    /// The model type that its configuration gives, such as `hgrn_bit`.
    public var family: String
    public var licence: String?
    /// The model's graph as `Models` writes it; nothing here looks into it.
    public var graph: JSON?
    /// The model's tensors as the graph knows them, in the order in which they are stored.
    public var tensors: [Tensor]
    /// What was done to the model, oldest first.
    public var history: [Step]
    /// Containers that a manifest file is made of; later ones replace tensors and files of earlier ones.
    public var parts: [Part]
    /// Members that this version does not know, kept as they are.
    public var other: JSONObject

    public init(
        name: String, family: String, licence: String? = nil, graph: JSON? = nil, tensors: [Tensor] = [], history: [Step] = [],
        parts: [Part] = [], other: JSONObject = JSONObject()
    ) {
        (self.name, self.family, self.licence, self.graph) = (name, family, licence, graph)
        (self.tensors, self.history, self.parts, self.other) = (tensors, history, parts, other)
    }

    public struct Tensor: Hashable, Sendable {
        public var name: String
        public var encoding: Encoding
        /// Weights, not bytes: [rows, columns] of a matrix, whatever its encoding.
        public var shape: [Int]

        public init(name: String, encoding: Encoding, shape: [Int]) {
            (self.name, self.encoding, self.shape) = (name, encoding, shape)
        }
    }

    public struct Step: Hashable, Sendable {
        public var tool: String
        public var version: String
        public var options: JSONObject
        public var inputs: [Input]

        public init(tool: String, version: String, options: JSONObject = JSONObject(), inputs: [Input] = []) {
            (self.tool, self.version, self.options, self.inputs) = (tool, version, options, inputs)
        }
    }

    public struct Input: Hashable, Sendable {
        public var name: String
        public var bytes: Int
        public var digest: InputDigest

        public init(name: String, bytes: Int, digest: InputDigest) {
            (self.name, self.bytes, self.digest) = (name, bytes, digest)
        }
    }

    /// A digest known when the manifest was written, or the row of `tern.sha256` in which it stands.
    public enum InputDigest: Hashable, Sendable {
        case known(Digest)
        case row(Int)
        /// Not known yet: a writer gives it a row.
        case pending
    }

    public struct Part: Hashable, Sendable {
        /// Relative to the manifest's folder, and never out of it.
        public var path: String
        public var root: Digest

        public init(path: String, root: Digest) { (self.path, self.root) = (path, root) }
    }
}

extension Manifest {
    /// Whether a tensor's trits are stored so.
    func has(_ coding: TritCoding) -> Bool { tensors.contains { $0.encoding.coding == coding } }

    /// The manifest of the same model with its trits coded so.
    func coded(as coding: TritCoding) -> Manifest {
        var copy = self
        for index in copy.tensors.indices { copy.tensors[index].encoding = copy.tensors[index].encoding.coded(as: coding) }
        return copy
    }
}
