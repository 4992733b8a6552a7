import Basis
import Tensors

extension TernContainer {
    /// A model made of the containers that a manifest file names.
    init(_ manifest: Manifest, in folder: Folder?, name: String) throws {
        guard !manifest.parts.isEmpty else { throw Failure("'\(name)' is a manifest without parts, so it has no weights") }
        guard let folder else { throw Failure("'\(name)' is a manifest with parts, which only a file can be") }
        let parts = try manifest.parts.map { part in try naming(name) { try TernContainer(part, in: folder) } }
        let joined = JoinedTensors(parts)
        try naming(name) { try joined.check(manifest.tensors) }
        var whole = manifest
        whole.tensors = joined.tensors
        whole.history = parts.flatMap(\.manifest.history) + manifest.history
        whole.graph = manifest.graph ?? parts.last { $0.manifest.graph != nil }?.manifest.graph
        whole.licence = manifest.licence ?? parts.lazy.compactMap(\.manifest.licence).first
        self.init(manifest: whole, files: TernContainer.files(of: parts), tensors: joined)
    }

    /// A part has to be the container that the manifest means, and no manifest file itself.
    private init(_ part: Manifest.Part, in folder: Folder) throws {
        let container = try TernContainer(.mapped(MappedFile(folder.resolve(part.path))), folder: nil)
        guard container.root == part.root else {
            throw Failure("part '\(part.path)' has root \(container.root?.hex ?? "none"), not \(part.root.hex)")
        }
        self = container
    }

    /// A later part's file stands where the earlier one of its name stood.
    private static func files(of parts: [TernContainer]) -> [SmallFile] {
        var files: [SmallFile] = []
        for file in parts.flatMap(\.files) {
            if let at = files.firstIndex(where: { $0.name == file.name }) { files[at] = file } else { files.append(file) }
        }
        return files
    }
}

/// The tensors of several containers; a later one's stands where the earlier one of its name stood.
final class JoinedTensors: TensorSource {
    let tensors: [Manifest.Tensor]
    let entries: [TensorEntry]
    let isConcurrent: Bool
    private let places: [(source: any TensorSource, index: Int)]

    init(_ parts: [TernContainer]) {
        var found: [(tensor: Manifest.Tensor, part: Int, stored: Range<Int>)] = []
        var positions: [String: Int] = [:]
        for (number, part) in parts.enumerated() {
            var next = 0
            for tensor in part.manifest.tensors {
                let count = tensor.encoding.storedCount
                let item = (tensor: tensor, part: number, stored: next..<next + count)
                next += count
                if let at = positions[tensor.name] { found[at] = item } else {
                    positions[tensor.name] = found.count
                    found.append(item)
                }
            }
        }
        tensors = found.map(\.tensor)
        places = found.flatMap { item in item.stored.map { (parts[item.part].tensors, $0) } }
        isConcurrent = parts.allSatisfy(\.tensors.isConcurrent)
        entries = places.map { $0.source.entries[$0.index] }
    }

    /// A manifest file that lists its tensors lists those of its parts.
    func check(_ listed: [Manifest.Tensor]) throws {
        guard !listed.isEmpty else { return }
        let known = Set(tensors)
        if let other = listed.first(where: { !known.contains($0) }) {
            throw Failure("no part has tensor '\(other.name)' as the manifest lists it")
        }
        guard listed.count == tensors.count else {
            throw Failure("the manifest lists \(listed.count) tensors, its parts have \(tensors.count)")
        }
    }

    func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try places[index].source.read(places[index].index, into: buffer)
    }

    func readRows(_ index: Int, multiplesOf rows: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try places[index].source.readRows(places[index].index, multiplesOf: rows, body)
    }

    func mapped(_ index: Int) -> UnsafeRawBufferPointer? { places[index].source.mapped(places[index].index) }
}
