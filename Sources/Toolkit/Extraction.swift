import Basis
import Tensors
import Tern

extension TernContainer {
    /// The stored bytes of a tensor, or of a small file by its name with or without `file/`.
    public func bytes(of name: String) throws -> [UInt8] {
        if let file = file(plain(name)) { return file }
        guard let index = tensors.index(of: name) else { throw Failure("there is no tensor or file '\(name)'") }
        return try tensors.withBytes(index) { Array($0) }
    }

    /// Whether `name` is a file that a terminal can show.
    public func isText(_ name: String) -> Bool {
        file(plain(name)).map { !$0.contains(0) && String(validating: $0, as: UTF8.self) != nil } ?? false
    }

    private func plain(_ name: String) -> String { name.hasPrefix("file/") ? String(name.dropFirst(5)) : name }
}

/// The manifest of a container as a manifest file beside it would be: it points to the container by its digest.
public func portableManifest(_ path: String) throws -> Manifest {
    let container = try TernContainer(path)
    var manifest = container.manifest
    guard let root = container.root, path != "-", let name = path.split(separator: "/").last else { return manifest }
    manifest.parts = [Manifest.Part(path: String(name), root: root)]
    return manifest
}
