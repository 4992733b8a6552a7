import Basis
import Models
import Safetensors
import Tensors

/// A session in a file: `infer --save-state` writes it, `--load-state` goes on from it. A safetensors file with `tokens`, all tokens of
/// the text so far, of which the last has not been fed yet, and `state.<node>` for each operation with state: floats, or the bytes of its
/// pages of keys and values, whose type the metadata names.
public struct SavedState {
    public let session: Session
    public let tokens: [Int32]

    public init(session: Session, tokens: [Int32]) { (self.session, self.tokens) = (session, tokens) }

    private static let metadataKey = "tern.state"

    /// Reads a state that `model` can go on from; one of another model is refused.
    public init(_ path: String, for model: OpenModel) throws {
        let file = try SafetensorsFile(MappedFile(path))
        self = try naming(path) { try SavedState(file, model) }
    }

    private init(_ file: SafetensorsFile, _ model: OpenModel) throws {
        guard let text = file.header.metadata[SavedState.metadataKey]?.stringValue else { throw Failure("holds no saved state") }
        let description = try JSON(parsing: text)
        guard try description["model"] == SavedState.identity(model) else { throw Failure("was saved by another model") }
        guard let position = description["position"]?.intValue else { throw Failure("says no position") }
        tokens = try file.withBytes(try SavedState.index(of: "tokens", .int32, file)) { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
        guard tokens.count - 1 == position else { throw Failure("has \(tokens.count) tokens at position \(position)") }
        guard let cache = CacheElement(rawValue: description["cache"]?.stringValue ?? "f32") else {
            throw Failure("keeps keys and values in an unknown type")
        }
        let states = try model.graph.statefulNodes.map { node in
            try file.withBytes(try SavedState.index(of: SavedState.name(model.graph, node), SavedState.element(model.graph, node), file)) {
                Array($0)
            }
        }
        guard let session = try model.graph.emptySession(cache: cache).restored(position: position, states: states) else {
            throw Failure("does not fit the model")
        }
        self.session = session
    }

    private static func index(of name: String, _ element: ElementType, _ file: SafetensorsFile) throws -> Int {
        guard let index = file.index(of: name), file.entries[index].element == element else { throw Failure("lacks the tensor '\(name)'") }
        return index
    }

    private static func name(_ graph: Graph, _ node: Int) -> String { "state.\(graph.nodes[node].name)" }

    private static func element(_ graph: Graph, _ node: Int) -> ElementType {
        if case .floats = graph.nodes[node].operation.memory { .float32 } else { .uint8 }
    }

    /// What tells one model from another: its digest, or its graph where there is none.
    private static func identity(_ model: OpenModel) throws -> JSON {
        .string(try model.checkpoint.digest ?? SHA256.digest(of: Array(model.graph.json.compact.utf8)).hex)
    }

    /// Writes the state and closes the sink.
    public func write(to sink: any ByteSink, for model: OpenModel) throws {
        let states = session.states
        var entries = [try TensorEntry(name: "tokens", element: .int32, shape: [tokens.count])]
        for (node, state) in zip(model.graph.statefulNodes, states) {
            let element = SavedState.element(model.graph, node)
            entries.append(try TensorEntry(
                name: SavedState.name(model.graph, node), element: element, shape: [state.count / element.size]))
        }
        let description: JSON = [
            "model": try SavedState.identity(model), "position": .integer(session.position), "cache": .string(session.cache.rawValue),
        ]
        let writer = try SafetensorsWriter(
            SafetensorsHeader(entries: entries, metadata: [SavedState.metadataKey: .string(description.compact)]), to: sink)
        try tokens.withUnsafeBytes { try writer.write($0) }
        for state in states { try state.withUnsafeBytes { try writer.write($0) } }
        try writer.finish()
        try sink.close()
    }
}
