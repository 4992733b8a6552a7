import Basis
import Catalog
import Models
import Quantising
import Support
import Tensors
import Testing
import Toolkit

/// A model whose weights are turned computes what it did.
@Suite struct RotationTests {
    private static let configuration: JSON = [
        "model_type": "llama", "vocab_size": 67, "hidden_size": 48, "num_hidden_layers": 2, "intermediate_size": 80, "head_dim": 16,
        "num_attention_heads": 4, "num_key_value_heads": 2, "attention_bias": true, "mlp_bias": true,
    ]

    private static func graph(_ configuration: JSON) throws -> Graph {
        try Catalog.graph(try #require(Catalog.family(of: configuration)), configuration)
    }

    private static func logits(_ graph: Graph, _ source: any TensorSource) throws -> [[Float]] {
        let pool = ThreadPool(threads: 2), weights = try Weights(graph, from: source, kernels: .best, threads: pool)
        return try Support.logits(Machine(graph, weights, kernels: .best, threads: pool), (0..<20).map { Int32($0 * 7 % 67) })
    }

    @Test func turnedWeightsGiveTheSameLogits() throws {
        let graph = try Self.graph(Self.configuration), source = try MemorySource(randomFor: graph, seed: 1)
        let rotation = try #require(Rotation(of: graph)), matrices = Set(graph.multipliedMatrices.map(\.name))
        let turned = try RotatedSource(source, rotation, matrices: matrices, .best, ThreadPool(threads: 2))
        let expected = try Self.logits(graph, source), found = try Self.logits(graph, turned)
        let largest = expected.joined().map(abs).max() ?? 0
        for (a, b) in zip(expected.joined(), found.joined()) { #expect(abs(a - b) < 1e-4 * largest) }
        // Every matrix has another side in the stream, or in a head; of MLPs one side is left.
        for (index, entry) in source.entries.enumerated() where entry.shape.count == 2 {
            let isSame = try source.withBytes(index) { a in try turned.withBytes(index) { b in a.elementsEqual(b) } }
            #expect(!isSame, "\(entry.name)")
        }
    }

    /// Where a stream is not one of sums, norms and matrices alone, where the head is the embedding.
    @Test func whatCannotBeTurnedIsLeft() throws {
        for (name, configurations) in smallConfigurations where name != "llama" {
            for configuration in configurations { #expect(try Rotation(of: Self.graph(configuration)) == nil, "\(name)") }
        }
        var tied = try #require(Self.configuration.objectValue)
        tied["tie_word_embeddings"] = true
        #expect(try Rotation(of: Self.graph(.object(tied))) == nil)
    }
}
