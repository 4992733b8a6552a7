import Basis
import GGUF
import Glibc
import Support
import Tensors
import TestFiles
import Testing

/// A file's keys as config.json says them.
@Suite struct GGUFConfigurationTests {
    private func configuration(_ architecture: String, _ change: (inout GGUFWriter) -> Void = { _ in }) throws -> JSON {
        var writer = GGUFSample(.q2x0of64, architecture: architecture, width: 64, layers: 1).writer
        change(&writer)
        return try opened(writer.bytes, in: Scratch()).configuration()
    }

    @Test(arguments: [("bitnet", "bitnet", "silu"), ("bitnet-b1.58", "bitnet", "relu2"), ("bitnet-25", "bitnet", "relu2"), ("llama", "llama", "silu")])
    func `sizes and options`(_ architecture: String, _ type: String, _ activation: String) throws {
        #expect(try configuration(architecture) == [
            "architectures": [.string(type == "llama" ? "LlamaForCausalLM" : "BitNetForCausalLM")], "model_type": .string(type),
            "hidden_act": .string(activation), "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1,
            "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 128, "vocab_size": 64,
            "rms_norm_eps": 1e-05, "tie_word_embeddings": true, "attention_bias": false, "mlp_bias": false, "rope_theta": 500000.0,
            "bos_token_id": 1, "eos_token_id": 2,
            "quantization_config": ["quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"],
        ])
    }

    @Test func `a head of its own, biases, and a turn's end`() throws {
        let change: (inout GGUFWriter) -> Void = { writer in
            writer.tensors.append(.init("output.weight", [64, 64], [Float](repeating: 1, count: 4096)))
            writer.tensors.append(.init("blk.0.attn_q.bias", [64], (0..<64).map { Float($0) }))
            writer.set("tokenizer.ggml.eot_token_id", .uint32(5))
        }
        let config = try configuration("llama", change)
        #expect(config["tie_word_embeddings"] == false && config["attention_bias"] == true)
        var writer = GGUFSample(.q2x0of64, architecture: "llama", width: 64, layers: 1).writer
        change(&writer)
        let model = try opened(writer.bytes, in: Scratch())
        #expect(try JSON(parsing: #require(model.file("generation_config.json"))) == ["bos_token_id": 1, "eos_token_id": [2, 5]])
        // Rows 0, 1 of a head in the file are those of its two halves.
        #expect(try model.floats("model.layers.0.self_attn.q_proj.bias").prefix(10) == [0, 2, 4, 6, 8, 10, 12, 14, 1, 3])
    }

    @Test func `matrices of floats are quantised by the model's own rule, and trits among them are known`() throws {
        let floats: (inout GGUFWriter) -> Void = { writer in
            for index in writer.tensors.indices where writer.tensors[index].type == 42 {
                let shape = writer.tensors[index].shape, count = shape[0] * shape[1]
                writer.tensors[index] = .init(writer.tensors[index].name, shape, (0..<count).map { sin(Float($0)) })
            }
        }
        let mode = try configuration("bitnet-b1.58", floats)["quantization_config"]?["quantization_mode"]
        #expect(mode == "online")
        #expect(try configuration("llama", floats)["quantization_config"] == nil)
        let mixed = try configuration("llama") { writer in
            let at = writer.tensors.firstIndex { $0.name == "blk.0.ffn_down.weight" } ?? 0
            writer.tensors[at] = .init("blk.0.ffn_down.weight", [64, 128], (0..<8192).map { sin(Float($0)) })
        }
        #expect(mixed["quantization_config"]?["modules_to_not_convert"] == ["model.layers.0.mlp.down_proj"])
        let lost = fact {
            _ = try configuration("bitnet-b1.58") { writer in
                let at = writer.tensors.firstIndex { $0.name == "blk.0.ffn_up.weight" } ?? 0
                let blocks = (0..<256 * 18).map { $0 % 18 == 0 ? 0 : $0 % 18 == 1 ? 0x3C : UInt8(truncatingIfNeeded: $0 * 31) }
                writer.tensors[at] = .init("blk.0.ffn_up.weight", [128, 64], type: 2, blocks)
            }
        }
        #expect(lost.hasSuffix("has values of type q4_0 that are not ternary, and what they were is lost"), "\(lost)")
    }

    /// The factors that llama.cpp's converters write for Llama 3's scaling of frequencies.
    private func factors(_ factor: Float, base: Float = 500000, width: Int = 16) -> [Float] {
        (0..<width / 2).map { index in
            let length = 2 * Float.pi * pow(base, 2 * Float(index) / Float(width))
            if length < 8192 / 4 { return 1 }
            if length > 8192 { return factor }
            let smooth = (8192 / length - 1) / 3
            return 1 / ((1 - smooth) / factor + smooth)
        }
    }

    @Test func `Llama 3's frequencies are recognised, others are refused`() throws {
        let config = try configuration("llama") { $0.tensors.append(.init("rope_freqs.weight", [8], factors(32))) }
        #expect(config["rope_scaling"] == [
            "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192,
        ])
        for wrong in [factors(32).map { $0 + 0.5 }, Array(factors(32).dropLast()), factors(32, base: 10000), [Float](repeating: 0, count: 8)] {
            let refusal = fact { _ = try configuration("llama") { $0.tensors.append(.init("rope_freqs.weight", [wrong.count], wrong)) } }
            #expect(refusal.contains("'rope_freqs.weight'"), "\(refusal)")
        }
    }

    @Test func `yarn is passed on, but not with more than its factor`() throws {
        let yarn: (inout GGUFWriter) -> Void = { writer in
            writer.set("qwen2.rope.scaling.type", .text("yarn"))
            writer.set("qwen2.rope.scaling.factor", .float32(4))
            writer.set("qwen2.rope.scaling.original_context_length", .uint32(32))
            for index in writer.tensors.indices where writer.tensors[index].type == 42 {
                let shape = writer.tensors[index].shape, count = shape[0] * shape[1]
                writer.tensors[index] = .init(writer.tensors[index].name, shape, (0..<count).map { sin(Float($0)) })
            }
        }
        let config = try configuration("qwen2", yarn)
        #expect(config["rope_scaling"] == ["rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32])
        #expect(config["model_type"] == "qwen2" && config["architectures"] == ["Qwen2ForCausalLM"] && config["quantization_config"] == nil)
        let refusal = fact {
            _ = try configuration("qwen2") { writer in
                yarn(&writer)
                writer.set("qwen2.rope.scaling.attn_factor", .float32(2))
            }
        }
        #expect(refusal.contains("a factor of its own for attention"), "\(refusal)")
    }

    @Test func `linear scaling is passed on`() throws {
        let config = try configuration("bitnet") { writer in
            writer.set("bitnet.rope.scaling.type", .text("linear"))
            writer.set("bitnet.rope.scaling.factor", .float32(2))
        }
        #expect(config["rope_scaling"] == ["rope_type": "linear", "factor": 2.0])
    }
}
