import Tensors

/// A small ternary model as a GGUF file, made of random trits.
public struct GGUFSample {
    public var writer = GGUFWriter()
    /// The trits of each matrix by its name in the file, in the order of the model's rows.
    public private(set) var trits: [String: [[Int8]]] = [:]
    private var random: Random
    private let isTrained: Bool

    public static let scale: Float = 0.0625
    private static let (heads, keyHeads, vocabulary) = (4, 2, 64)
    private let width: Int
    private var inner: Int { 2 * width }
    private let layers: Int

    private var matrices: [(name: String, rows: Int, columns: Int)] {
        [
            ("attn_q", width, width), ("attn_k", width / 2, width), ("attn_v", width / 2, width), ("attn_output", width, width),
            ("ffn_gate", inner, width), ("ffn_up", inner, width), ("ffn_down", width, inner),
        ]
    }

    /// With `isTrained` rows and columns that meet have zeros in common, as those of trained models have.
    public init(
        _ layout: TernaryLayout, architecture: String = "bitnet-b1.58", isTrained: Bool = false, width: Int = 256, layers: Int = 2,
        seed: UInt64 = 1
    ) {
        (random, self.isTrained, self.width, self.layers) = (Random(seed: seed), isTrained, width, layers)
        addKeys(architecture)
        addFloats("token_embd.weight", [Self.vocabulary, width])
        for layer in 0..<layers { addLayer(layer, layout, hasSubNorms: architecture.hasPrefix("bitnet"), isLlama: architecture == "llama") }
        addFloats("output_norm.weight", [width])
    }

    private mutating func addKeys(_ name: String) {
        writer.set("general.architecture", .text(name))
        for (key, value) in [
            ("embedding_length", width), ("feed_forward_length", inner), ("block_count", layers), ("context_length", 128),
            ("attention.head_count", Self.heads), ("attention.head_count_kv", Self.keyHeads),
        ] { writer.set("\(name).\(key)", .uint32(UInt32(value))) }
        writer.set("\(name).rope.freq_base", .float32(500000))
        writer.set("\(name).attention.layer_norm_rms_epsilon", .float32(1e-5))
        writer.set("tokenizer.ggml.bos_token_id", .uint32(1))
        writer.set("tokenizer.ggml.eos_token_id", .uint32(2))
    }

    private mutating func addFloats(_ name: String, _ shape: [Int]) {
        let count = shape.reduce(1, *), mean: Float = shape.count == 1 ? 1 : 0
        writer.tensors.append(.init(name, shape, (0..<count).map { _ in mean + 0.2 * random.normal() }))
    }

    private mutating func addLayer(_ layer: Int, _ layout: TernaryLayout, hasSubNorms: Bool, isLlama: Bool) {
        let (stream, hidden, attended) = (factors(width), factors(inner), factors(width / 2))
        let spread = (0..<width).map { attended[$0 / (width / 2) * (width / 4) + $0 % (width / 4)] }
        for norm in ["attn_norm", "ffn_norm"] { addFloats("blk.\(layer).\(norm).weight", [width]) }
        if hasSubNorms {
            addFloats("blk.\(layer).attn_sub_norm.weight", [width])
            addFloats("blk.\(layer).ffn_sub_norm.weight", [inner])
        }
        for (name, rows, columns) in matrices {
            let ofRows = name == "ffn_gate" || name == "ffn_up" ? hidden : name == "attn_v" ? attended : stream
            let ofColumns = name == "ffn_down" ? hidden : name == "attn_output" ? spread : stream
            add("blk.\(layer).\(name).weight", layout, ofRows.prefix(rows), ofColumns.prefix(columns), heads: heads(name, isLlama))
        }
    }

    private func heads(_ name: String, _ isLlama: Bool) -> Int? {
        guard isLlama else { return nil }
        return name == "attn_q" ? Self.heads : name == "attn_k" ? Self.keyHeads : nil
    }

    /// What share of zeros a row or column has more than others.
    private mutating func factors(_ count: Int) -> [Float] { (0..<count).map { _ in isTrained ? 0.15 * random.normal() : 0 } }

    private mutating func add(
        _ name: String, _ layout: TernaryLayout, _ rows: ArraySlice<Float>, _ columns: ArraySlice<Float>, heads: Int?
    ) {
        let matrix: [[Int8]] = rows.map { row in
            columns.map { column in random.uniform() < 0.35 + row + column ? 0 : random.uniform() < 0.5 ? -1 : 1 }
        }
        trits[name] = matrix
        let stored = heads.map { GGUFSample.interleaved(matrix, heads: $0) } ?? matrix
        let bytes = layout.encoded(stored, scale: Self.scale)
        writer.tensors.append(.init(name, [rows.count, columns.count], type: layout.number, bytes))
    }

    /// As converters to llama.cpp lay the rows of queries and keys: those of a head's halves in turn.
    static func interleaved<Row>(_ matrix: [Row], heads: Int) -> [Row] {
        let width = matrix.count / heads
        return matrix.indices.map { row in
            let (head, place) = (row / width, row % width)
            return matrix[head * width + place % 2 * (width / 2) + place / 2]
        }
    }

    /// A tokenizer of SentencePiece's kind, the smallest that there can be.
    public mutating func addTokens() {
        writer.set("tokenizer.ggml.model", .text("llama"))
        writer.set("tokenizer.ggml.tokens", .texts(["<unk>", "<s>", "</s>", "a", "b", "ab", "\u{2581}", "\u{2581}ab"]))
        writer.set("tokenizer.ggml.scores", .float32s([0, 0, 0, -4, -3, -1, -5, -2]))
        writer.set("tokenizer.ggml.token_type", .int32s([2, 3, 3, 1, 1, 1, 1, 1]))
        writer.set("tokenizer.ggml.unknown_token_id", .uint32(0))
    }
}
