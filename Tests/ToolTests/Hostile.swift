import Basis
import Catalog
import Models
import Safetensors
import Support
import Tensors
import Tern
import TestFiles

/// A model small enough to be broken in every way: its Hugging Face folder in parts.
struct Hostile {
    static let configuration: JSONObject = [
        "model_type": "hgrn_bit", "vocab_size": 12, "hidden_size": 8, "num_hidden_layers": 2, "intermediate_size": 12, "bos_token_id": 1,
        "eos_token_id": 2,
    ]

    var config: String
    var tensors: [TensorBytes]
    /// In place of the tensors.
    var file: [UInt8]?
    var others: [String: String] = [:]

    init(_ configuration: JSONObject = Hostile.configuration) throws {
        config = JSON.object(configuration).compact
        let family = try require(Catalog.family(of: .object(configuration)))
        let graph = try family.graph(configuration: .object(configuration))
        let source = try MemorySource(randomFor: graph, seed: 3)
        tensors = try source.entries.enumerated().map { index, entry in
            let bytes = try source.withBytes(index) { Array($0) }
            return TensorBytes(name: entry.name, element: entry.element.rawValue, shape: entry.shape, bytes: bytes)
        }
    }

    /// Changes the tensor `name`.
    mutating func change(_ name: String, _ body: (inout TensorBytes) -> Void) throws {
        body(&tensors[try require(tensors.firstIndex { $0.name == name })])
    }

    /// Writes the folder and gives its path.
    func write(_ scratch: Scratch) throws -> String {
        let folder = scratch.folder("model")
        if !config.isEmpty { try scratch.write("model/config.json", config) }
        try scratch.write("model/model.safetensors", file ?? safetensors(tensors))
        for (name, text) in others { try scratch.write("model/\(name)", text) }
        return folder
    }

    /// The model as a raw container, its tensors' bytes changed but all digests right.
    static func container(_ change: (inout Manifest, inout [[UInt8]]) -> Void) throws -> [UInt8] {
        let scratch = try Scratch(), path = scratch.file("raw")
        let outcome = try run("quantize", [Hostile().write(scratch), "-o", path])
        guard outcome.status == 0 else { throw Failure(outcome.errors) }
        let container = try TernContainer(path)
        var manifest = container.manifest
        var contents = try container.tensors.entries.indices.map { try container.tensors.withBytes($0) { Array($0) } }
        change(&manifest, &contents)
        let sink = MemorySink()
        let writer = try TernWriter(manifest, files: container.files, to: sink)
        for bytes in contents { try writer.write(bytes) }
        try writer.finish()
        return sink.bytes
    }

    /// A Zstandard frame (RFC 8878) without a content size: one raw block, then blocks that repeat zero.
    static func bomb(_ beginning: [UInt8], zeros: Int) -> [UInt8] {
        func header(_ type: Int, _ size: Int, last: Bool = false) -> [UInt8] {
            let word = (last ? 1 : 0) | type << 1 | size << 3
            return [UInt8(word & 255), UInt8(word >> 8 & 255), UInt8(word >> 16 & 255)]
        }
        var frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x38] + header(0, beginning.count) + beginning
        for _ in 0..<zeros >> 17 { frame += header(1, 1 << 17) + [0] }
        return frame + header(0, 0, last: true)
    }

    /// The header of a frame in one segment that claims so much content.
    static func claim(_ size: UInt64) -> [UInt8] { [0x28, 0xB5, 0x2F, 0xFD, 0xE0] + withUnsafeBytes(of: size.littleEndian) { Array($0) } }
}

/// What is missing is a failure of the test.
func require<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw Failure("a test lacks what it needs") }
    return value
}
