import Models
import Tensors

/// A checkpoint some of whose matrices have become planes, which are in files of their own.
final class Overlay: TensorSource {
    private let origin: any TensorSource
    private var made: [String: any TensorSource] = [:]
    private(set) var entries: [TensorEntry]
    /// For each entry, whose it is, and its place there.
    private var places: [(source: any TensorSource, index: Int)]

    init(_ origin: any TensorSource) {
        self.origin = origin
        entries = origin.entries
        places = origin.entries.indices.map { (origin, $0) }
    }

    var isConcurrent: Bool { origin.isConcurrent }

    /// Puts the tensors of `planes` in the place of the tensor `name`.
    func replace(_ name: String, with planes: any TensorSource) {
        made[name] = planes
        entries = []
        places = []
        for (index, entry) in origin.entries.enumerated() {
            let source = made[entry.name] ?? origin
            for place in made[entry.name] == nil ? index..<index + 1 : 0..<source.entries.count {
                entries.append(source.entries[place])
                places.append((source, place))
            }
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
