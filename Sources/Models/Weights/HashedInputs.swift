import Basis
import Tensors

/// A file that a conversion reads, for its history.
public struct HashedInput: Hashable, Sendable {
    public let name: String
    public let byteCount: Int

    public init(name: String, byteCount: Int) { (self.name, self.byteCount) = (name, byteCount) }
}

/// A source that can hash the files it reads in passing.
public protocol HashedInputs: TensorSource {
    var inputs: [HashedInput] { get }

    /// From here on, reading every tensor once, in order, from one thread yields `digests` without reading anything twice.
    func startHashing() throws

    /// SHA-256 of each input; nil unless every tensor has been read in order since `startHashing`.
    func digests() throws -> [Digest]?
}
