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
        (["rope_scaling": ["rope_type": "yarn", "factor": 4]], "'rope_scaling.rope_type': \"yarn\", expected 'default' or 'linear' or 'llama3'"),
        (["rope_scaling": ["type": "dynamic", "factor": 2]], "'rope_scaling.type': \"dynamic\""),
        (["rope_parameters": ["rope_type": "longrope"]], "'rope_parameters.rope_type': \"longrope\""),
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
        (["model_type": "llama"], "llama"), (["model_type": "mistral"], "llama"), (["model_type": "bitnet"], "bitnet"),
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
