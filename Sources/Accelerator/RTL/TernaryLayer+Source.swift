import Basis
import Models
import Tensors

extension TernaryLayer {
    /// A matrix of a model in container form (`TernarySource` makes one of a checkpoint of floats), by the name of its weight.
    /// `activations` are those of a token, or nil for random ones.
    public init(
        _ name: String, of graph: Graph, from source: any TensorSource, activations: [Int8]? = nil, seed: UInt64 = 1
    ) throws {
        guard let weight = graph.weights.first(where: { $0.name == name && $0.kind == .ternary }) else {
            throw Failure("the model multiplies by no ternary matrix '\(name)'")
        }
        self = try placing("tensor '\(name)'") {
            let codes = try TernaryLayer.codes(of: weight, from: source)
            guard let activations else { return try TernaryLayer(rows: weight.rows, width: weight.columns, codes: codes, seed: seed) }
            return try TernaryLayer(rows: weight.rows, width: weight.columns, codes: codes, activations: activations)
        }
    }

    private static func codes(of weight: Weight, from source: any TensorSource) throws -> [UInt8] {
        guard let index = source.index(of: weight.name) else { throw Failure("is missing") }
        let entry = source.entries[index]
        guard entry.element == .uint8, entry.shape == weight.codeShape else {
            throw Failure("holds \(entry.element.rawValue) of shape \(entry.shape), expected trit codes of shape \(weight.codeShape)")
        }
        return try source.withBytes(index) { Array($0) }
    }
}
