import Basis
import Catalog
import Models
import Safetensors
import Support
import Testing

/// Which configurations the Llama plugin takes, and what it makes of them.
@Suite struct LlamaTests {
    private static let good: JSONObject = [
        "model_type": "llama", "vocab_size": 64, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "num_key_value_heads": 2, "intermediate_size": 48,
    ]

    private static func family() throws -> any ModelFamily.Type { try #require(Catalog.families.first { $0.name == "llama" }) }

    private static func graph(_ changes: JSONObject) throws -> Graph {
        var configuration = good
        for change in changes.members { configuration[change.key] = change.value }
        return try family().graph(configuration: .object(configuration))
    }

    private static func refusal(_ changes: JSONObject) -> String? {
        do { _ = try graph(changes) } catch { return "\(error)" }
        return nil
    }

    static let refused: [(JSONObject, String)] = [
        (["quantization_config": ["quant_method": "gptq", "bits": 4]], "'quantization_config.quant_method': \"gptq\", expected no"),
        (["quantization_config": ["quant_method": "bitnet"], "model_type": "mistral"], "'quantization_config.quant_method': \"bitnet\""),
        (["quantization_config": [:]], "'quantization_config.quant_method': \"\""),
        (["quantization_config": 8], "'quantization_config': 8, expected an object"),
        (["hidden_act": "gelu"], "'hidden_act': \"gelu\", expected 'silu'"), (["hidden_act": "relu2"], "'hidden_act': \"relu2\""),
        (["num_attention_heads": 3], "3 attention heads, which do not share 2 of keys"), (["head_dim": 7], "heads of 7 numbers"),
        (["num_attention_heads": 6], "6 attention heads, which do not divide a width of 32"),
        (["num_key_value_heads": 0], "'num_key_value_heads': 0"), (["vocab_size": -1], "'vocab_size': -1"),
        (["rope_scaling": ["rope_type": "ntk", "factor": 4]], "'rope_scaling.rope_type': \"ntk\", expected 'default' or 'linear' or 'llama3'"),
        (["rope_scaling": ["type": "dynamic"]], "'rope_scaling.factor': null, expected a positive number"),
        (["rope_scaling": ["type": "yarn"]], "'rope_scaling.factor': null"),
        (["rope_scaling": ["type": "yarn", "factor": 4, "beta_fast": 1, "beta_slow": 2]], "'rope_scaling.beta_slow': 2"),
        (["rope_scaling": ["type": "yarn", "factor": 4], "rope_theta": 1], "no ramp for a base of 1"),
        (["rope_parameters": ["rope_type": "longrope", "factor": 2]], "'rope_parameters.short_factor': null, expected a list of positive"),
        (
            ["rope_parameters": ["rope_type": "longrope", "factor": 2, "short_factor": [1, 2, 0, 4], "long_factor": [1, 2, 3, 4]]],
            "'rope_parameters.short_factor': [1,2,0,4]"
        ),
        (
            ["rope_scaling": ["rope_type": "longrope", "factor": 2, "short_factor": [1, 2, 3], "long_factor": [1, 2, 3, 4]]],
            "longrope has 3 and 4 factors for heads of 8 numbers"
        ),
        (["rope_parameters": ["full_attention": ["rope_type": "default"]]], "'rope_parameters.full_attention'"),
        (["model_type": "qwen2", "use_sliding_window": 1], "'use_sliding_window': 1, expected true or false"),
        (["model_type": "qwen2", "max_window_layers": -1], "'max_window_layers': -1, expected an integer of 0"),
        (["model_type": "qwen3", "layer_types": ["full_attention"]], "1 'layer_types', expected one for each of 2 layers"),
        (["model_type": "qwen3", "layer_types": ["full_attention", "linear_attention"]], "'layer_types': \"linear_attention\""),
        (["model_type": "qwen3", "layer_types": ["full_attention", "sliding_attention"]], "expected a use_sliding_window"),
        (["model_type": "qwen2", "quantization_config": ["quant_method": "awq"]], "'quantization_config.quant_method': \"awq\""),
        (["partial_rotary_factor": 0.5], "'partial_rotary_factor': 0.5, expected 1"),
        (["attention_bias": 1], "'attention_bias': 1, expected true or false"), (["mlp_bias": "no"], "'mlp_bias': \"no\""),
        (["model_type": "mistral", "sliding_window": 0], "'sliding_window': 0, expected an integer of 1 to"),
        (["model_type": "mistral", "sliding_window": "16"], "'sliding_window': \"16\""),
    ]

    @Test(arguments: refused.indices) func `what is not known is refused with its reason`(_ index: Int) {
        let (changes, reason) = Self.refused[index]
        let refusal = Self.refusal(changes)
        #expect(refusal?.contains(reason) == true, "\(refusal ?? "it was taken"), expected '\(reason)'")
        #expect(refusal?.contains("\n") != true)
    }

    static let taken: [JSONObject] = [
        [:], ["quantization_config": .null], ["hidden_act": "silu"], ["head_dim": 16], ["head_dim": .null], ["rope_scaling": .null],
        ["rope_parameters": ["rope_type": "default", "rope_theta": 1e6]], ["num_key_value_heads": .null], ["unheard_of": 1],
        ["model_type": "mistral"], ["model_type": "mistral", "sliding_window": .null], ["tie_word_embeddings": true],
        ["model_type": "qwen2"], ["model_type": "qwen3"], ["model_type": "qwen2", "use_sliding_window": true, "sliding_window": .null],
        ["rope_scaling": ["rope_type": "yarn", "factor": 4]], ["rope_scaling": ["type": "dynamic", "factor": 2]],
        ["rope_parameters": ["rope_type": "dynamic", "factor": 2, "rope_theta": 1e6]],
    ]

    @Test(arguments: taken) func `what is known is taken`(_ changes: JSONObject) { #expect(Self.refusal(changes) == nil) }

    @Test func `defaults are those of the originals`() throws {
        let llama = try Self.family().graph(configuration: ["model_type": "llama"])
        // The published 7B: 6.74 billion weights.
        #expect(llama.weights.reduce(0) { $0 + $1.count } == 6_738_415_616)
        #expect(llama.text.contains("heads=32,key-value-heads=32,width=128}") && llama.text.contains("base=10000.0"))
        let mistral = try Self.family().graph(configuration: ["model_type": "mistral"])
        // The published 7B: 7.24 billion.
        #expect(mistral.weights.reduce(0) { $0 + $1.count } == 7_241_732_096)
        #expect(mistral.text.contains("heads=32,key-value-heads=8,width=128,window=4096}"))
    }

    /// The published Qwen2.5-0.5B and Qwen3-0.6B, by the keys of their config.json that matter here.
    @Test func `published Qwens have as many weights as they say`() throws {
        let small = try Self.family().graph(configuration: [
            "model_type": "qwen2", "hidden_size": 896, "intermediate_size": 4864, "max_window_layers": 21, "num_attention_heads": 14,
            "num_hidden_layers": 24, "num_key_value_heads": 2, "rope_theta": 1e6, "sliding_window": 32768, "tie_word_embeddings": true,
            "use_sliding_window": false, "vocab_size": 151_936,
        ])
        #expect(small.weights.reduce(0) { $0 + $1.count } == 494_032_768 && !small.text.contains("window"))
        let third = try Self.family().graph(configuration: [
            "model_type": "qwen3", "hidden_size": 1024, "intermediate_size": 3072, "head_dim": 128, "num_attention_heads": 16,
            "num_hidden_layers": 28, "num_key_value_heads": 8, "rope_theta": 1e6, "sliding_window": .null, "tie_word_embeddings": true,
            "use_sliding_window": false, "vocab_size": 151_936, "attention_bias": false,
        ])
        #expect(third.weights.reduce(0) { $0 + $1.count } == 596_049_920)
    }

    @Test func `a Qwen's windows are where the original has them`() throws {
        func windows(_ changes: JSONObject) throws -> [Bool] {
            try Self.graph(changes).text.split(separator: "\n").filter { $0.contains("attention{") }.map { $0.contains("window=5") }
        }
        let window: JSONObject = ["model_type": "qwen2", "use_sliding_window": true, "sliding_window": 5]
        func with(_ key: String, _ value: JSON) -> JSONObject {
            var changes = window
            changes[key] = value
            return changes
        }
        #expect(try windows(with("max_window_layers", 1)) == [false, true] && windows(with("max_window_layers", 0)) == [true, true])
        #expect(try windows(window) == [false, false] && windows(with("use_sliding_window", false)) == [false, false])
        #expect(try windows(with("layer_types", ["sliding_attention", "full_attention"])) == [true, false])
    }

    @Test func `a new Qwen has the biases and norms of its kind`() throws {
        for (type, parts) in [("llama", 0), ("qwen2", 3), ("qwen3", 2)] {
            let options = try PluginOptions(parsing: "llama:type=\(type),layers=1,width=64").declared(as: Self.family().newOptions)
            let configuration = try Self.family().configuration(new: options, vocabulary: 80)
            let weights = try Self.family().graph(configuration: configuration).weights
            let own = weights.filter { $0.name.hasSuffix(".bias") || $0.name.contains("_norm.") }
            #expect(own.count == parts && configuration["model_type"] == .string(type))
            for weight in own {
                let value: Float = weight.name.hasSuffix(".bias") ? 0 : 1
                #expect(try Self.family().initialValues(of: weight, in: configuration) == .constant(value))
            }
        }
        #expect(throws: Failure.self) {
            let options = try PluginOptions(parsing: "llama:type=phi").declared(as: Self.family().newOptions)
            _ = try Self.family().configuration(new: options, vocabulary: 80)
        }
    }

    /// Either dialect says the same.
    @Test func `rotations are the same in both dialects`() throws {
        let scalings: [JSONObject] = [
            ["rope_type": "linear", "factor": 3], ["rope_type": "dynamic", "factor": 3],
            ["rope_type": "yarn", "factor": 3, "original_max_position_embeddings": 99, "mscale": 0.7, "mscale_all_dim": 1.2],
            ["rope_type": "yarn", "factor": 3, "attention_factor": 0.9, "truncate": false],
            ["rope_type": "longrope", "factor": 3, "short_factor": [1, 1, 1, 2], "long_factor": [2, 3, 4, 5]],
        ]
        for scaling in scalings {
            var newer = scaling
            newer["rope_theta"] = 5000
            let old = try Self.graph(["rope_theta": 5000, "rope_scaling": .object(scaling)])
            #expect(try Self.graph(["rope_parameters": .object(newer)]) == old)
            #expect(try Self.graph(["rope_theta": 5000]) != old)
        }
    }

    @Test func `what a scaling does not say comes from the length of texts`() throws {
        func text(_ changes: JSONObject) throws -> String { try Self.graph(changes).json.compact }
        #expect(try text(["rope_scaling": ["type": "dynamic", "factor": 2], "max_position_embeddings": 777]).contains("\"original\":777"))
        #expect(try text(["rope_scaling": ["type": "dynamic", "factor": 2]]).contains("\"original\":2048"))
        #expect(try text(["rope_scaling": ["type": "yarn", "factor": 2], "max_position_embeddings": 777]).contains("\"original\":777"))
        let long: JSONObject = [
            "rope_scaling": ["type": "longrope", "short_factor": [1, 1, 1, 1], "long_factor": [1, 1, 1, 1]],
            "original_max_position_embeddings": 16, "max_position_embeddings": 256,
        ]
        // sqrt(1 + log(256/16) / log(16))
        #expect(try text(long).contains("\"attention\":1.414213562373095") && text(long).contains("\"original\":16,"))
    }

    @Test func `only a Mistral has a window, unless it is null`() throws {
        func windows(_ changes: JSONObject) throws -> Int { try Self.graph(changes).text.split(separator: "window=").count - 1 }
        #expect(try windows(["model_type": "mistral", "sliding_window": 16]) == 2)
        #expect(try windows(["model_type": "mistral", "sliding_window": .null]) == 0)
        #expect(try windows(["sliding_window": 16]) == 0)
    }

    @Test func `null heads of keys and values are as many as those of queries`() throws {
        #expect(try Self.graph(["model_type": "mistral", "num_key_value_heads": .null]).text.contains("heads=4,key-value-heads=4"))
    }

    @Test func `biases are where the configuration says`() throws {
        func biases(_ changes: JSONObject) throws -> Int { try Self.graph(changes).weights.count { $0.name.hasSuffix(".bias") } }
        #expect(try biases(["attention_bias": true]) == 8)
        #expect(try biases(["mlp_bias": true]) == 6)
        #expect(try biases(["model_type": "mistral", "attention_bias": true, "mlp_bias": true]) == 0)
    }

    @Test func `a tied head is the embedding`() throws {
        let names = try Self.graph(["tie_word_embeddings": true]).weights.map(\.name)
        #expect(names.first == "model.embed_tokens.weight" && !names.contains("lm_head.weight"))
    }

    /// Quiet-STaR's models are Mistrals with tensors of other parts beside them; the numbers are those of two texts, each of them twice.
    @Test(arguments: Golden.folders.filter { $0.hasSuffix("/quietstar-tiny") })
    func `a Mistral among other parts has its logits`(_ folder: String) throws {
        let golden = try SafetensorsFile(MappedFile("\(folder)/golden.safetensors"))
        func numbers<Number>(_ key: String, _ type: Number.Type) throws -> [Number] {
            try golden.withBytes(#require(golden.index(of: key))) { bytes in
                stride(from: 0, to: bytes.count, by: 4).map { bytes.loadUnaligned(fromByteOffset: $0, as: type) }
            }
        }
        let machine = try Traced(folder).machine(optimising: true), texts = chunks(try numbers("input_ids", Int32.self), of: 20)
        let found = try [0, 0, 1, 1].flatMap { try logits(machine, texts[$0]).flatMap { $0 } }
        #expect(difference(found, try numbers("logits.0", Float.self)).largest < 1e-4)
    }

    static let owners: [(JSON, String?)] = [
        (["model_type": "llama"], "llama"), (["model_type": "mistral"], "llama"), (["model_type": "qwen2"], "llama"),
        (["model_type": "qwen3"], "llama"), (["model_type": "qwen2_moe"], nil), (["model_type": "bitnet"], "bitnet"),
        (["model_type": "llama", "quantization_config": ["quant_method": "bitnet"]], "bitnet"),
        (["model_type": "llama", "quantization_config": ["quant_method": "gptq"]], "llama"),
        (["model_type": "llama", "quantization_config": .null, "architectures": ["LlamaForCausalLM"]], "llama"),
        (["model_type": "llama", "architectures": ["BitnetForCausalLM"]], "bitnet"), (["model_type": "gpt9"], nil), ([:], nil), (3, nil),
    ]

    @Test(arguments: owners) func `the configuration says which family a model is of`(_ configuration: JSON, _ owner: String?) {
        #expect(Catalog.family(of: configuration)?.name == owner)
    }

    @Test func `each family's configurations are its own`() {
        for family in Catalog.families {
            for configuration in smallConfigurations[family.name] ?? [] { #expect(Catalog.family(of: configuration)?.name == family.name) }
        }
    }
}
