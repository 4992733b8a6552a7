import Basis
import Catalog
import Models
import Support
import Testing

/// Which configurations the MatMul-free plugin takes, and what it makes of their sizes.
@Suite struct MatMulFreeTests {
    private static let good: JSONObject = ["model_type": "hgrn_bit", "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2]

    private static func graph(_ changes: JSONObject) throws -> Graph {
        let family = try #require(Catalog.families.first { $0.name == "matmul-free" })
        var configuration = good
        for change in changes.members { configuration[change.key] = change.value }
        return try family.graph(configuration: .object(configuration))
    }

    private static func refusal(_ changes: JSONObject) -> String? {
        do { _ = try graph(changes) } catch { return "\(error)" }
        return nil
    }

    static let refused: [(JSONObject, String)] = [
        (["use_short_conv": true], "use_short_conv"),
        (["attn_mode": "chunk"], "'attn_mode': \"chunk\", expected 'fused_recurrent'"),
        (["attn_mode": 1], "'attn_mode': 1, expected a string"),
        (["hidden_act": "gelu"], "'hidden_act': \"gelu\""),
        (["hidden_size": 0], "'hidden_size': 0, expected an integer"),
        (["hidden_size": -32], "'hidden_size': -32"),
        (["hidden_size": 1.5], "'hidden_size': 1.5"),
        (["hidden_size": "32"], "'hidden_size': \"32\""),
        (["hidden_size": .integer(.max)], "'hidden_size': 9223372036854775807"),
        (["hidden_size": 1e300], "'hidden_size'"),
        (["vocab_size": 0], "'vocab_size': 0"),
        (["vocab_size": -1], "'vocab_size': -1"),
        (["vocab_size": 16777217], "'vocab_size': 16777217"),
        (["num_hidden_layers": 0], "'num_hidden_layers': 0"),
        (["num_hidden_layers": 2.5], "'num_hidden_layers': 2.5"),
        (["num_hidden_layers": 1025], "'num_hidden_layers': 1025, expected an integer of 1 to 1024"),
        (["num_hidden_layers": 16777216], "'num_hidden_layers': 16777216"),
        (["intermediate_size": 0], "'intermediate_size': 0"),
        (["intermediate_size": -1], "'intermediate_size': -1"),
        (["intermediate_size": 16777216], "more than 16777216"),
        (["intermediate_size": .array([])], "'intermediate_size': []"),
        (["num_heads": 0], "'num_heads': 0"),
        (["num_heads": 3], "3 heads in a recurrence 32 wide"),
        (["num_heads": 64], "64 heads"),
        (["expand_ratio": 2], "use_lower_bound with an expand_ratio that is not 1"),
        (["expand_ratio": 0], "'expand_ratio': 0"),
        (["expand_ratio": -1], "'expand_ratio': -1"),
        (["expand_ratio": 0.01, "use_lower_bound": false], "'expand_ratio' that gives a width of 0.32"),
        (["expand_ratio": 1e30, "use_lower_bound": false], "'expand_ratio' that gives a width"),
        (["hidden_ratio": 0], "'hidden_ratio': 0"),
        (["hidden_ratio": 1e30], "'hidden_ratio' that gives a width"),
        (["rms_norm_eps": 1e300], "'rms_norm_eps'"),
        (["rms_norm_eps": 0], "'rms_norm_eps': 0"),
        (["rms_norm_eps": "1e-6"], "'rms_norm_eps'"),
        (["use_lower_bound": 1], "'use_lower_bound': 1, expected true or false"),
        (["tie_word_embeddings": "yes"], "'tie_word_embeddings': \"yes\""),
    ]

    @Test(arguments: refused.indices) func `what the original cannot run is refused with its reason`(_ index: Int) {
        let (changes, reason) = Self.refused[index]
        let refusal = Self.refusal(changes)
        #expect(refusal?.contains(reason) == true, "\(refusal ?? "it was taken")")
        #expect(refusal?.contains("\n") != true)
    }

    static let taken: [JSONObject] = [
        [:], ["hidden_act": "silu"], ["attn_mode": .null], ["use_short_conv": .null], ["num_heads": 32], ["intermediate_size": .null],
        ["expand_ratio": 1.0], ["expand_ratio": 2, "use_lower_bound": false], ["expand_ratio": 0.5, "use_lower_bound": false],
        ["expand_ratio": 1.01], ["tie_word_embeddings": true], ["num_hidden_layers": 1], ["unheard_of": 7], ["hidden_size": 32.0],
    ]

    @Test(arguments: taken) func `what the original can run is taken`(_ changes: JSONObject) {
        #expect(Self.refusal(changes) == nil)
    }

    /// I = 256·⌈int(H·4·2/3) / 256⌉; the published models are the first three.
    @Test(arguments: [(1024, 2816), (2048, 5632), (2560, 6912), (128, 512), (160, 512), (320, 1024)])
    func `the gated unit's width follows from the model's`(_ width: Int, _ expected: Int) throws {
        let graph = try Self.graph(["hidden_size": .integer(width)])
        let gate = try #require(graph.weights.first { $0.name == "model.layers.0.mlp.gate_proj.weight" })
        let down = try #require(graph.weights.first { $0.name == "model.layers.0.mlp.down_proj.weight" })
        #expect(gate.shape == [2 * expected, width])
        #expect(down.shape == [width, expected])
    }

    @Test func `an expanded recurrence is as wide as int of the product`() throws {
        let graph = try Self.graph(["expand_ratio": 1.3, "use_lower_bound": false])
        #expect(graph.weights.first { $0.name == "model.layers.1.attn.i_proj.weight" }?.shape == [41, 32])
        #expect(graph.weights.first { $0.name == "model.layers.1.attn.o_proj.weight" }?.shape == [32, 41])
        #expect(graph.session.states.map(\.count) == [4 * 41, 4 * 41])
        #expect(!graph.weights.contains { $0.name == "model.lower_bounds" })
    }

    @Test func `tied embeddings make the head of the embeddings' floats`() throws {
        let head = try Self.graph(["tie_word_embeddings": true]).weights.first { $0.name == "lm_head.weight" }
        #expect(head?.source == "model.embeddings.weight" && head?.kind == .ternary)
    }
}
