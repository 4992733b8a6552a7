import Basis
import Tensors

/// A model out of a raw container, a packed one, or a manifest file that is made of containers.
public struct TernContainer {
    /// Digests of inputs are known ones: rows have been looked up.
    public let manifest: Manifest
    public let files: [SmallFile]
    /// What the manifest's tensors are stored as, in the manifest's order; damage is found when a tensor is read.
    public let tensors: any TensorSource
    /// What identifies the container: the digest of its digests. Nil for a manifest file.
    public let root: Digest?
    /// What identifies the model, whichever form it comes in: the root of the raw form, as the container tells it.
    public let rawRoot: Digest?

    /// Opens what `path` leads to; `-` is standard input.
    public init(_ path: String) throws { try self.init(Input.open(path), folder: path == "-" ? nil : Folder(of: path)) }

    init(_ input: Input, folder: Folder?) throws {
        switch try Opened(input) {
        case .content(let content): try self.init(content)
        case .manifest(let manifest): try self.init(manifest, in: folder, name: input.name)
        }
    }

    /// The bytes of the small file `name`; nil if there is none.
    public func file(_ name: String) -> [UInt8]? { files.first { $0.name == name }?.bytes }

    private init(_ content: any Content) throws {
        (manifest, files, tensors, root, rawRoot) = try naming(content.name) {
            let tensors = try TernTensors(content), digests = tensors.digests
            let manifest = tensors.layout.manifest.resolved(by: digests)
            return (manifest, try tensors.files(), tensors, digests.last, digests[tensors.layout.rawRootRow])
        }
    }

    init(manifest: Manifest, files: [SmallFile], tensors: any TensorSource) {
        (self.manifest, self.files, self.tensors, root, rawRoot) = (manifest, files, tensors, nil, nil)
    }
}

extension Manifest {
    /// The manifest with each row replaced by the digest that stands there.
    func resolved(by digests: [Digest]) -> Manifest {
        var copy = self
        for step in copy.history.indices {
            for input in copy.history[step].inputs.indices {
                guard case .row(let row) = copy.history[step].inputs[input].digest, digests.indices.contains(row) else { continue }
                copy.history[step].inputs[input].digest = .known(digests[row])
            }
        }
        return copy
    }
}
