import Basis
import Safetensors
import Tensors
import Tern

/// Small valid files of each kind to start from.
enum Samples {
    static func safetensors() throws -> [UInt8] {
        let entries = [
            try TensorEntry(name: "a", element: .bfloat16, shape: [2, 3]), try TensorEntry(name: "b", element: .uint8, shape: []),
            try TensorEntry(name: "c", element: .float32, shape: [0, 4]),
        ]
        let sink = MemorySink()
        let writer = try SafetensorsWriter(SafetensorsHeader(entries: entries, metadata: ["format": "pt"]), to: sink)
        for entry in entries { try writer.write([UInt8](repeating: 7, count: entry.byteCount)) }
        try writer.finish()
        return sink.bytes
    }

    /// Two matrices of trits, packed and as floats.
    static func packedMatrices() throws -> [UInt8] {
        let tensors: [(String, ElementType, [Int], [UInt8])] = [
            ("a.weight_scale", .float32, [1], [0, 0, 128, 63]), ("a.weight", .uint8, [2, 3], [0x55, 0x66, 0x99, 0x00, 0xAA, 0x12]),
            ("b.weight_scale", .bfloat16, [1], [128, 63]), ("b.weight", .bfloat16, [1, 3], [128, 63, 128, 191, 0, 0]),
        ]
        let entries = try tensors.map { try TensorEntry(name: $0.0, element: $0.1, shape: $0.2) }
        let sink = MemorySink()
        let writer = try SafetensorsWriter(SafetensorsHeader(entries: entries, metadata: ["format": "pt"]), to: sink)
        for tensor in tensors { try writer.write(tensor.3) }
        try writer.finish()
        return sink.bytes
    }

    private static let tensors = [
        Manifest.Tensor(name: "w", encoding: .trits, shape: [2, 5]), Manifest.Tensor(name: "n", encoding: .dense(.float32), shape: [2]),
    ]

    static func manifest() throws -> String {
        var manifest = Manifest(name: "tiny", family: "none", licence: "mit", graph: ["nodes": [1, 2.5, .null, true]], tensors: tensors)
        let known = Manifest.Input(name: "x", bytes: 3, digest: .known(try SHA256.digest(of: [])))
        manifest.history = [Manifest.Step(tool: "quantize", version: "1", options: ["seed": 1], inputs: [known])]
        manifest.parts = [Manifest.Part(path: "base.tern", root: try SHA256.digest(of: [1]))]
        manifest.other = ["notes": "\u{1F600}\n"]
        return manifest.json.compact
    }

    static func raw() throws -> [UInt8] { try container([0x55, 0x56, 0x44, 0x55], .trits).bytes }

    /// The same with five trits a byte.
    static func fives() throws -> [UInt8] {
        try container([202, 111], .fives, rawRoot: container([0x55, 0x56, 0x44, 0x55], .trits).root).bytes
    }

    private static func container(_ trits: [UInt8], _ encoding: Encoding, rawRoot: Digest? = nil) throws -> (bytes: [UInt8], root: Digest) {
        let sink = MemorySink()
        var manifest = Manifest(name: "tiny", family: "none", tensors: tensors)
        manifest.tensors[0].encoding = encoding
        let writer = try TernWriter(manifest, files: [SmallFile(name: "config.json", bytes: Array("{}".utf8))], to: sink)
        for bytes in [trits, [0, 0, 0, 63], [UInt8](repeating: 0, count: 8)] { try writer.write(bytes) }
        let root = try writer.finish(rawRoot: rawRoot)
        return (sink.bytes, root)
    }

    static func packed(_ raw: [UInt8]) throws -> [UInt8] {
        let sink = MemorySink()
        let writer = try PackedWriter(sink, pool: ThreadPool(threads: 1))
        try writer.write(raw)
        try writer.close()
        return sink.bytes
    }

    /// The length field says where the JSON ends that is there.
    @Sendable static func mendLength(_ file: [UInt8]) -> [UInt8] {
        guard file.count > 8, let end = file.lastIndex(of: UInt8(ascii: "}")), end >= 8 else { return file }
        return withUnsafeBytes(of: UInt64(end - 7).littleEndian) { Array($0) } + file[8...]
    }

    /// The length field and the digests of header and root fit a header that has been changed.
    @Sendable static func mendDigests(_ file: [UInt8]) -> [UInt8] { mendDigests(file, rows: 6) }
    @Sendable static func mendDigestsOfFives(_ file: [UInt8]) -> [UInt8] { mendDigests(file, rows: 7) }

    private static func mendDigests(_ file: [UInt8], rows: Int) -> [UInt8] {
        var mended = mendLength(file)
        guard mended.count > 8 + rows * Digest.size else { return mended }
        let header = 8 + (0..<8).reduce(0) { $0 | Int(mended[$1]) << (8 * min($1, 5)) }
        let table = mended.count - rows * Digest.size
        guard header <= table, let digest = try? SHA256.digest(of: Array(mended[..<header])) else { return mended }
        mended.replaceSubrange(table..<table + Digest.size, with: digest.bytes)
        guard let root = try? SHA256.digest(of: Array(mended[table..<mended.count - Digest.size])) else { return mended }
        mended.replaceSubrange(mended.count - Digest.size..<mended.count, with: root.bytes)
        return mended
    }
}
