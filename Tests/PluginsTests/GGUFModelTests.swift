import Basis
import Catalog
import Models
import Support
import Tensors
import TestFiles
import Testing
import Toolkit

/// A model that came as a GGUF file gives the very numbers of the checkpoint that it was made of.
@Suite struct GGUFModelTests {
    private static let threads = ThreadPool(threads: 1)

    private func logits(_ model: OpenModel, _ tokens: [Int32]) throws -> [[Float]] {
        try Support.logits(model.machine(.best, Self.threads), tokens)
    }

    /// Layouts that rows of 128 and 352 or 320 numbers can have and whose scale is of 32 bits: flat ones, for 320 those of blocks of 64.
    private static func layouts(_ golden: Golden) -> [TernaryLayout] {
        let flat: [TernaryLayout] = [.i2sX86, .i2sRows, .i2sARM]
        return golden.name.hasPrefix("llama") ? flat + [.iq2bn, .iq2bnR4] : flat
    }

    private func tokens(_ golden: Golden) throws -> [Int32] {
        try #require(golden.json["strict_input_ids"]?.arrayValue).compactMap { $0.intValue.flatMap(Int32.init(exactly:)) }
    }

    private static let goldens = Golden.all.filter { ["bitnet-tiny-packed", "llama-bitnet-tiny-packed"].contains($0.name) }

    @Test(arguments: goldens) func `a golden model has the same logits from every layout`(_ golden: Golden) throws {
        let original = try OpenModel(golden.model, threads: Self.threads), scratch = try Scratch()
        let source = try original.containerTensors(.best, Self.threads), tokens = try tokens(golden)
        let expected = try logits(original, tokens)
        for layout in Self.layouts(golden) {
            let copy = try GGUFCopy(source, configuration: original.checkpoint.configuration(), layout)
            let path = try scratch.write("\(layout.rawValue).gguf", copy.writer.bytes)
            let model = try OpenModel(path, layout: layout.number == 36 ? layout.rawValue : nil, threads: Self.threads)
            let isSame = try logits(model, tokens) == expected
            #expect(isSame, "\(layout)")
        }
    }

    @Test(arguments: [["model_type": "llama"], ["model_type": "qwen2"], ["model_type": "qwen3", "head_dim": 10]] as [JSONObject])
    func `a model of floats has the same logits`(_ kind: JSONObject) throws {
        var object: JSONObject = [
            "vocab_size": 67, "hidden_size": 48, "num_hidden_layers": 2, "intermediate_size": 50, "rope_theta": 500,
            "num_attention_heads": 6, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "max_position_embeddings": 64, "bos_token_id": 1,
            "eos_token_id": 2,
        ]
        for member in kind.members { object[member.key] = member.value }
        let configuration = JSON.object(object)
        let family = try #require(Catalog.family(of: configuration)), tokens: [Int32] = [1, 5, 9, 60, 33]
        let graph = try family.graph(configuration: configuration), source = try MemorySource(randomFor: graph, seed: 31)
        let scratch = try Scratch()
        let path = try scratch.write("floats.gguf", GGUFCopy(source, configuration: configuration).writer.bytes)
        let weights = try Weights(graph, from: source, kernels: .best, threads: Self.threads)
        let machine = try Machine(graph, weights, kernels: .best, threads: Self.threads)
        #expect(try logits(OpenModel(path, threads: Self.threads), tokens) == Support.logits(machine, tokens))
    }

    @Test(arguments: ["bitnet-b1.58", "llama"]) func `a model has the same logits from every type`(_ architecture: String) throws {
        let scratch = try Scratch(), tokens: [Int32] = [1, 5, 9, 60, 33]
        let results = try TernaryLayout.allCases.map { layout in
            let sample = GGUFSample(layout, architecture: architecture, isTrained: true)
            let path = try scratch.write("\(layout.rawValue).gguf", sample.writer.bytes)
            return try logits(OpenModel(path, threads: Self.threads), tokens)
        }
        #expect(results[0].count == 5 && results[0].allSatisfy { $0.count == 64 })
        for result in results { #expect(result == results[0]) }
    }
}
