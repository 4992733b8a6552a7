import Basis
import Catalog
import Models
import Testing

/// An operation with inputs that it takes. Each type in `Catalog.operations` has at least one here; a test looks.
struct Sample: Sendable, CustomTestStringConvertible {
    let operation: any Operation
    let inputs: [Form]

    var testDescription: String { "\(type(of: operation).name) \(operation.attributes.keys)" }

    init(_ operation: any Operation, _ inputs: Form...) { (self.operation, self.inputs) = (operation, inputs) }

    /// One of a plugin, by its name and attributes as a graph has them.
    init(_ name: String, _ attributes: JSONObject, _ inputs: Form...) throws {
        guard let type = Catalog.operations.first(where: { $0.name == name }) else { throw Failure("no operation '\(name)'") }
        (operation, self.inputs) = (try type.init(attributes: AttributeReader(attributes)), inputs)
    }

    static func all() throws -> [Sample] {
        let wide = Form.floats(300), gain = Weight("g", shape: [300], kind: .dense)
        let yarn = RoPE.Yarn(factor: 4, original: 64, fast: 8, attention: 1.13, truncates: false)
        let long = RoPE.LongRoPE(short: [1, 1.5], long: [2, 3], original: 9, attention: 1.2)
        return [
            Sample(Embedding(table: Weight("e", shape: [70, 33], kind: .table))),
            Sample(RMSNorm(gain: gain, epsilon: 1e-6), wide),
            Sample(RMSNorm(gain: Weight("g", shape: [1], kind: .dense), epsilon: 0.5), .floats(1)),
            Sample(Quantise(), wide),
            Sample(Quantise(), .floats(5)),
            Sample(TernaryLinear(matrix: Weight("w", shape: [37, 300], kind: .ternary)), .quantised(300)),
            Sample(TernaryLinear(matrix: Weight("w", shape: [1, 3], kind: .ternary)), .quantised(3)),
            try Sample("norm-quantise", ["gain": "g", "width": 300, "epsilon": 1e-5], wide),
            Sample(Sigmoid(), wide),
            Sample(SiLU(), wide),
            Sample(SiLUProduct(), wide, wide),
            Sample(Complement(), wide),
            Sample(Add(), wide, wide),
            Sample(Multiply(), wide, wide),
            Sample(Slice(start: 17, count: 40), wide),
            Sample(Slice(start: 0, count: 300), wide),
            Sample(Recurrence(width: 300), wide, wide),
            Sample(SquaredReLU(), wide),
            Sample(ReLU(), wide),
            Sample(SquaredReLUProduct(), wide, wide),
            Sample(Linear(matrix: Weight("w", shape: [37, 300], kind: .table)), wide),
            Sample(Linear(matrix: Weight("w", shape: [70, 5], kind: .table)), .floats(5)),
            Sample(Bias(Weight("b", shape: [300], kind: .dense)), wide),
            Sample(RoPE(heads: 5, width: 20, base: 10000), .floats(100)),
            Sample(RoPE(heads: 1, width: 2, base: 500_000, scaling: .linear(factor: 4)), .floats(2)),
            Sample(RoPE(heads: 3, width: 16, base: 500_000, scaling: .llama3(factor: 8, low: 1, high: 4, original: 64)), .floats(48)),
            Sample(RoPE(heads: 2, width: 6, base: 1000, scaling: .dynamic(factor: 3, original: 7)), .floats(12)),
            Sample(RoPE(heads: 2, width: 16, base: 10000, scaling: .yarn(yarn)), .floats(32)),
            Sample(RoPE(heads: 3, width: 4, base: 10000, scaling: .longRoPE(long)), .floats(12)),
            Sample(RoPE(heads: 3, width: 10, base: 100, pairs: .neighbours, period: 7), .floats(30)),
            Sample(RoPE(heads: 2, width: 4, base: 100, period: 1), .floats(8)),
            Sample(LayerNorm(gain: gain, epsilon: 1e-6), wide),
            Sample(LayerNorm(gain: Weight("g", shape: [2], kind: .dense), epsilon: 0.5), .floats(2)),
            Sample(GELU(), wide),
            Sample(CausalConvolution(kernel: Weight("k", shape: [300, 1, 4], kind: .dense)), wide),
            Sample(CausalConvolution(kernel: Weight("k", shape: [5, 1, 50], kind: .dense)), .floats(5)),
            Sample(HeadNorm(gain: Weight("g", shape: [20], kind: .dense), heads: 15, epsilon: 1e-6), wide),
            Sample(HeadNorm(gain: Weight("g", shape: [1], kind: .dense), heads: 3, epsilon: 0.5), .floats(3)),
            Sample(Attention(heads: 6, keyValueHeads: 2, width: 40), .floats(240), .floats(80), .floats(80)),
            Sample(Attention(heads: 3, keyValueHeads: 3, width: 17), .floats(51), .floats(51), .floats(51)),
            Sample(Attention(heads: 5, keyValueHeads: 1, width: 64, window: 9), .floats(320), .floats(64), .floats(64)),
            try Sample("quiet-star.boundary", ["embedding": "e", "width": 33, "token": 3, "scale": 100], .floats(33)),
            try Sample("quiet-star.recall", ["width": 33, "start": 3], .floats(33)),
            try Sample("quiet-star.mix", ["width": 33, "token": 3], .floats(66), .floats(1)),
            Sample(Attention(heads: 4, keyValueHeads: 4, width: 6, window: 1), .floats(24), .floats(24), .floats(24)),
            Sample(Attention(heads: 4, keyValueHeads: 2, width: 6, window: 2), .floats(24), .floats(12), .floats(12)),
            Sample(Attention(heads: 6, keyValueHeads: 3, width: 34, window: 16), .floats(204), .floats(102), .floats(102)),
            Sample(Attention(heads: 2, keyValueHeads: 1, width: 10, window: 1000), .floats(20), .floats(10), .floats(10)),
            try Sample("ttt.learning-rate", ["scope": "s.", "heads": 5, "width": 60], .floats(60)),
            try Sample("ttt.token-scale", ["offsets": "o", "period": 7]),
            try Sample(
                "ttt.inner-loop", ["scope": "s.", "heads": 3, "width": 8, "mini-batch": 5, "rate": 0.02], .floats(24), .floats(24),
                .floats(24), .floats(3), .floats(1)),
            try Sample(
                "ttt.inner-loop", ["scope": "s.", "heads": 2, "width": 18, "mini-batch": 1, "rate": 0.01], .floats(36), .floats(36),
                .floats(36), .floats(2), .floats(1)),
            try Sample(
                "ttt.inner-loop", ["scope": "s.", "heads": 2, "width": 10, "hidden": 11, "mini-batch": 4, "rate": 0.003], .floats(20),
                .floats(20), .floats(20), .floats(2), .floats(1)),
            try Sample("matmul-free.lower-bound", ["bounds": "b", "layers": 4, "width": 300, "layer": 2], wide),
        ]
    }
}
