import Basis
import Catalog
import Models
import Tensors

/// The shape of a published model, which random weights can fill: speed and size depend on nothing else, and nothing has to be had.
public struct PublishedShape: Sendable {
    public let name: String
    /// config.json, as far as it gives the shape.
    public let configuration: JSON
    /// In how many bits embeddings and float heads are; nil for bf16.
    public private(set) var embedding: IntegerBits?

    /// What a model's argument begins with when it names a shape.
    private static let prefix = "shape:"

    /// What names it wherever a model may be named.
    public var argument: String { PublishedShape.prefix + name + (embedding.map { ",embedding=\($0.name)" } ?? "") }

    /// The shape that `shape:NAME` names; nil for what does not begin like that.
    init?(argument: String) throws {
        guard argument.hasPrefix(PublishedShape.prefix) else { return nil }
        try self.init(named: String(argument.dropFirst(PublishedShape.prefix.count)))
    }

    /// NAME, or NAME,embedding=int8 for one with its embedding and its float head in fewer bits than bf16.
    public init(named text: String) throws {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        try self.init(plain: parts.first.map(String.init) ?? "")
        for part in parts.dropFirst() {
            guard part.hasPrefix("embedding="), let bits = IntegerBits(named: String(part.dropFirst("embedding=".count))) else {
                throw Failure("a shape has no variant '\(part)'; known: embedding=int8, embedding=int6, embedding=int4")
            }
            embedding = bits
        }
    }

    private init(plain name: String) throws {
        guard let shape = PublishedShape.all.first(where: { $0.name == name }) else {
            let known = PublishedShape.all.map(\.name).joined(separator: ", ")
            throw Failure("there is no shape '\(name)'; known: \(known)")
        }
        self = shape
    }

    private init(_ name: String, _ configuration: JSON) { (self.name, self.configuration) = (name, configuration) }

    /// A checkpoint of random weights in container form.
    func checkpoint(_ threads: ThreadPool) throws -> Checkpoint {
        let text = configuration.pretty + "\n"
        let tensors = try RandomTensors(for: graph, tables: embedding, threads: threads)
        return Checkpoint(files: [SmallFile(name: "config.json", bytes: Array(text.utf8))], tensors: tensors)
    }

    public var graph: Graph {
        get throws {
            guard let family = Catalog.family(of: configuration) else {
                throw Failure("there is no family for the shape '\(name)'")
            }
            return try family.graph(configuration: configuration)
        }
    }
}

extension PublishedShape {
    /// Every shape, as the configurations on Hugging Face give it.
    public static let all: [PublishedShape] = [
        matmulFree("mmfree-370m", width: 1024, layers: 24), matmulFree("mmfree-1.3b", width: 2048, layers: 24),
        matmulFree("mmfree-2.7b", width: 2560, layers: 32), bitnet2B4T,
        reproduction("bitnet-large", width: 1536, layers: 24, intermediate: 4096, heads: 16),
        reproduction("bitnet-3b", width: 3200, layers: 26, intermediate: 8640, heads: 32),
        llama("llama3-8b", vocabulary: 128_256, width: 4096, layers: 32, heads: (32, 8, 128), intermediate: 14336),
        llama("falcon3-1b", vocabulary: 131_072, width: 2048, layers: 18, heads: (8, 4, 256), intermediate: 8192),
        llama("falcon3-3b", vocabulary: 131_072, width: 3072, layers: 22, heads: (12, 4, 256), intermediate: 9216),
        llama("falcon3-7b", vocabulary: 131_072, width: 3072, layers: 28, heads: (12, 4, 256), intermediate: 23040),
        llama("falcon3-10b", vocabulary: 131_072, width: 3072, layers: 40, heads: (12, 4, 256), intermediate: 23040),
    ]

    /// microsoft/bitnet-b1.58-2B-4T (Ma et al. 2025, "BitNet b1.58 2B4T Technical Report").
    private static let bitnet2B4T = PublishedShape("bitnet-2b-4t", [
        "architectures": ["BitNetForCausalLM"], "model_type": "bitnet", "vocab_size": 128_256, "hidden_size": 2560, "num_hidden_layers": 30,
        "intermediate_size": 6912, "num_attention_heads": 20, "num_key_value_heads": 5, "hidden_act": "relu2", "rms_norm_eps": 1e-5,
        "rope_theta": 500_000, "max_position_embeddings": 4096, "tie_word_embeddings": true, "bos_token_id": 128_000,
        "eos_token_id": 128_001, "torch_dtype": "bfloat16",
        "quantization_config": ["quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"],
    ])

    /// 1bitLLM/bitnet_b1_58-large and -3B, the reproduction of "The Era of 1-bit LLMs" (Ma et al. 2024).
    private static func reproduction(_ name: String, width: Int, layers: Int, intermediate: Int, heads: Int) -> PublishedShape {
        PublishedShape(name, [
            "architectures": ["BitnetForCausalLM"], "model_type": "bitnet_b1_58", "vocab_size": 32002, "hidden_size": .integer(width),
            "num_hidden_layers": .integer(layers), "intermediate_size": .integer(intermediate), "num_attention_heads": .integer(heads),
            "num_key_value_heads": .integer(heads), "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 10000,
            "max_position_embeddings": 2048, "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "float16",
        ])
    }

    /// ridger/MMfreeLM-370M, -1.3B and -2.7B (Zhu et al. 2024, "Scalable MatMul-free Language Modeling").
    private static func matmulFree(_ name: String, width: Int, layers: Int) -> PublishedShape {
        PublishedShape(name, [
            "architectures": ["HGRNBitForCausalLM"], "model_type": "hgrn_bit", "vocab_size": 32000, "hidden_size": .integer(width),
            "num_hidden_layers": .integer(layers), "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "bfloat16",
        ])
    }

    /// HF1BitLLM/Llama3-8B-1.58-100B-tokens and tiiuae/Falcon3-..-1.58bit: Llamas with a float head of their own. `heads` are those of
    /// queries, those of keys and values, and the width of one.
    private static func llama(
        _ name: String, vocabulary: Int, width: Int, layers: Int, heads: (Int, Int, width: Int), intermediate: Int
    ) -> PublishedShape {
        PublishedShape(name, [
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": .integer(vocabulary),
            "hidden_size": .integer(width), "num_hidden_layers": .integer(layers), "num_attention_heads": .integer(heads.0),
            "num_key_value_heads": .integer(heads.1), "head_dim": .integer(heads.width),
            "intermediate_size": .integer(intermediate), "hidden_act": "silu", "rms_norm_eps": 1e-5,
            "rope_theta": 500_000.0, "max_position_embeddings": 8192, "tie_word_embeddings": false, "torch_dtype": "bfloat16",
            "quantization_config": ["quant_method": "bitnet", "modules_to_not_convert": ["lm_head"]],
        ])
    }
}
