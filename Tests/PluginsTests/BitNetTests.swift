import Basis
import Catalog
import Models
import Support
import Testing

/// Which configurations the BitNet plugin takes, and what it makes of them.
@Suite struct BitNetTests {
    private static let online: JSON = ["quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online"]
    private static let good: JSONObject = [
        "model_type": "bitnet", "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "intermediate_size": 48, "quantization_config": online,
    ]

    private static func graph(_ changes: JSONObject) throws -> Graph {
        let family = try #require(Catalog.families.first { $0.name == "bitnet" })
        var configuration = good
        for change in changes.members { configuration[change.key] = change.value }
        return try family.graph(configuration: .object(configuration))
    }

    private static func refusal(_ changes: JSONObject) -> String? {
        do { _ = try graph(changes) } catch { return "\(error)" }
        return nil
    }

    private static func quantised(_ changes: JSONObject) -> JSONObject {
        var quantisation: JSONObject = ["quant_method": "bitnet"]
        for change in changes.members { quantisation[change.key] = change.value }
        return ["quantization_config": .object(quantisation)]
    }

    private static let llama3: JSONObject = [
        "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 8192,
    ]

    private static func scaled(_ key: String, _ value: JSON?) -> JSONObject {
        var scaling = llama3
        scaling[key] = value
        return ["rope_scaling": .object(scaling)]
    }

    static let refused: [(JSONObject, String)] = [
        (["model_type": "llama", "quantization_config": .null], "a Llama without a quantization_config of BitNet"),
        (["quantization_config": ["quant_method": "gptq"]], "'quantization_config.quant_method': \"gptq\", expected 'bitnet'"),
        (["quantization_config": [:]], "'quantization_config.quant_method': \"\""),
        (["quantization_config": "bitnet"], "'quantization_config': \"bitnet\", expected an object"),
        (quantised(["use_rms_norm": 1]), "'quantization_config.use_rms_norm': 1, expected true or false"),
        (quantised(["use_rms_norm": true, "rms_norm_eps": 0]), "'quantization_config.rms_norm_eps': 0"),
        (quantised(["modules_to_not_convert": "lm_head"]), "'quantization_config.modules_to_not_convert': \"lm_head\", expected a list"),
        (quantised(["modules_to_not_convert": [1]]), "expected a list of strings"),
        (["hidden_act": "gelu"], "'hidden_act': \"gelu\", expected 'silu' or 'relu2'"),
        (["weight_bits": 2], "'weight_bits': 2, expected 1"), (["input_bits": 4], "'input_bits': 4, expected 8"),
        (["num_attention_heads": 3], "3 attention heads, which do not share 2 of keys"),
        (["num_attention_heads": 6, "head_dim": .null], "6 attention heads, which do not divide a width of 32"),
        (["num_key_value_heads": 3], "do not share 3"), (["num_key_value_heads": 0], "'num_key_value_heads': 0"),
        (["head_dim": 7], "heads of 7 numbers"), (["head_dim": 131072], "heads of 131072 numbers"), (["head_dim": -2], "'head_dim': -2"),
        (["num_attention_heads": 8388608, "num_key_value_heads": 1, "head_dim": 4], "more than 16777216"),
        (["hidden_size": 0], "'hidden_size': 0"), (["vocab_size": 1.5], "'vocab_size': 1.5"),
        (["num_hidden_layers": 1025], "'num_hidden_layers': 1025"), (["intermediate_size": "48"], "'intermediate_size': \"48\""),
        (["rms_norm_eps": -1], "'rms_norm_eps': -1"), (["attention_bias": "no"], "'attention_bias': \"no\""),
        (["rope_theta": 0], "'rope_theta': 0"), (["rope_theta": "10000"], "'rope_theta'"), (["rope_scaling": 2], "'rope_scaling': 2"),
        (["rope_scaling": ["type": "ntk", "factor": 2]], "'rope_scaling.type': \"ntk\", expected 'default' or 'linear'"),
        (["rope_scaling": ["type": "linear"]], "'rope_scaling.factor': null"),
        (["rope_scaling": ["type": "linear", "factor": -2]], "'rope_scaling.factor': -2"),
        (["rope_parameters": ["rope_type": "su"]], "'rope_parameters.rope_type': \"su\""),
        (["rope_parameters": ["rope_theta": -1]], "'rope_parameters.rope_theta': -1"),
        (["partial_rotary_factor": 0.5], "'partial_rotary_factor': 0.5, expected 1"),
        (["rope_parameters": ["partial_rotary_factor": 0.5]], "'partial_rotary_factor': 0.5"),
        (scaled("factor", nil), "'rope_scaling.factor': null"), (scaled("low_freq_factor", nil), "'rope_scaling.low_freq_factor': null"),
        (scaled("high_freq_factor", 1), "'rope_scaling.low_freq_factor': 1"),
        (scaled("original_max_position_embeddings", .null), "'rope_scaling.original_max_position_embeddings': null"),
        (scaled("original_max_position_embeddings", 0), "'rope_scaling.original_max_position_embeddings': 0"),
    ]

    @Test(arguments: refused.indices) func `what is not known is refused with its reason`(_ index: Int) {
        let (changes, reason) = Self.refused[index]
        let refusal = Self.refusal(changes)
        #expect(refusal?.contains(reason) == true, "\(refusal ?? "it was taken"), expected '\(reason)'")
        #expect(refusal?.contains("\n") != true)
    }

    static let taken: [JSONObject] = [
        [:], ["quantization_config": .null], ["model_type": "bitnet_b1_58", "quantization_config": .null],
        ["model_type": "llama", "architectures": ["BitnetForCausalLM"], "quantization_config": .null], ["model_type": "llama"],
        quantised([:]), quantised(["modules_to_not_convert": .null]), quantised(["use_rms_norm": .null]), ["rope_scaling": .null],
        ["rope_scaling": ["type": "linear", "factor": 2]], ["rope_scaling": ["rope_type": "default"]], ["head_dim": 16],
        ["rope_parameters": ["rope_type": "default", "rope_theta": 1e6]], ["unheard_of": 1],
        ["model_type": "llama", "num_key_value_heads": .null],
        scaled("factor", 4.5), ["weight_bits": 1, "input_bits": 8], ["hidden_act": "silu"], ["tie_word_embeddings": true],
    ]

    @Test(arguments: taken) func `what is known is taken`(_ changes: JSONObject) { #expect(Self.refusal(changes) == nil) }

    private static func weight(_ graph: Graph, _ name: String) -> Weight? { graph.weights.first { $0.name == name } }

    @Test func `defaults are those of the originals`() throws {
        let family = try #require(Catalog.families.first { $0.name == "bitnet" })
        let microsoft = try family.graph(configuration: ["model_type": "bitnet", "tie_word_embeddings": true])
        // The published 2B-4T: 2.41 billion weights.
        #expect(microsoft.weights.reduce(0) { $0 + $1.count } == 2_412_820_480)
        #expect(microsoft.text.contains("rope{heads=20,width=128,base=500000.0}"))
        #expect(microsoft.text.contains("heads=20,key-value-heads=5,width=128"))
        let llama = try family.graph(configuration: ["model_type": "llama", "quantization_config": ["quant_method": "bitnet"]])
        #expect(Self.weight(llama, "model.layers.31.mlp.gate_proj.weight")?.shape == [11008, 4096])
        #expect(llama.text.contains("heads=32,key-value-heads=32,width=128") && llama.text.contains("base=10000.0"))
        #expect(Self.weight(llama, "lm_head.weight")?.kind == .table)
    }

    @Test func `each kind has norms of its own before the output projections`() throws {
        func norms(_ changes: JSONObject) throws -> [String] {
            let layer = "model.layers.0."
            let names = try Self.graph(changes).weights.map(\.name)
            return names.filter { $0.hasPrefix(layer) && ($0.contains("norm") || $0.contains("_ln")) }.map { String($0.dropFirst(layer.count).dropLast(".weight".count)) }
        }
        let outer = ["input_layernorm", "post_attention_layernorm"]
        #expect(try norms([:]) == [outer[0], "self_attn.attn_sub_norm", outer[1], "mlp.ffn_sub_norm"])
        #expect(
            try norms(["model_type": "bitnet_b1_58"])
                == [outer[0], "self_attn.inner_attn_ln", outer[1], "mlp.ffn_layernorm"])
        #expect(try norms(["model_type": "llama"]) == outer)
        var changes = Self.quantised(["use_rms_norm": true])
        changes["model_type"] = "llama"
        #expect(try norms(changes).count == 9)
    }

    @Test func `modules that were not converted are floats, their neighbours are not`() throws {
        let graph = try Self.graph(Self.quantised(["modules_to_not_convert": ["lm_head", "layers.1.self_attn"]]))
        let kinds = Dictionary(uniqueKeysWithValues: graph.weights.map { ($0.name, $0.kind) })
        #expect(["q_proj", "k_proj", "v_proj", "o_proj"].allSatisfy { kinds["model.layers.1.self_attn.\($0).weight"] == .table })
        #expect(["q_proj", "k_proj", "v_proj", "o_proj"].allSatisfy { kinds["model.layers.0.self_attn.\($0).weight"] == .ternary })
        #expect(kinds["model.layers.1.mlp.down_proj.weight"] == .ternary)
    }

    @Test func `biases are where the configuration says`() throws {
        func biases(_ changes: JSONObject) throws -> Int { try Self.graph(changes).weights.count { $0.name.hasSuffix(".bias") } }
        #expect(try biases(["attention_bias": true]) == 8)
        #expect(try biases(["mlp_bias": true]) == 0)
        #expect(try biases(["model_type": "llama", "mlp_bias": true]) == 6)
    }
}
