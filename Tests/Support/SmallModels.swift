import Basis
import Catalog
import Models
import Tensors

/// A configuration of each family, small and of odd sizes. A family without one fails the tests.
public let smallConfigurations: [String: [JSON]] = [
    "matmul-free": [
        [
            "model_type": "hgrn_bit", "vocab_size": 67, "hidden_size": 36, "num_hidden_layers": 3, "intermediate_size": 50,
            "bos_token_id": 1, "eos_token_id": 2,
        ],
        [
            "model_type": "hgrn_bit", "vocab_size": 300, "hidden_size": 30, "num_hidden_layers": 2, "use_lower_bound": false, "expand_ratio": 1.5,
            "num_heads": 5, "hidden_ratio": 1, "tie_word_embeddings": true, "rms_norm_eps": 1e-5,
        ],
    ],
    "bitnet": [
        [
            "model_type": "bitnet", "vocab_size": 67, "hidden_size": 60, "num_hidden_layers": 2, "intermediate_size": 75,
            "num_attention_heads": 6, "num_key_value_heads": 2, "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2,
            "quantization_config": ["quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "offline"],
        ],
        [
            "model_type": "llama", "architectures": ["BitnetForCausalLM"], "vocab_size": 300, "hidden_size": 36, "num_hidden_layers": 1,
            "intermediate_size": 50, "num_attention_heads": 3, "weight_bits": 1, "input_bits": 8, "rope_theta": 1000,
        ],
        [
            "model_type": "llama", "vocab_size": 67, "hidden_size": 30, "num_hidden_layers": 2, "intermediate_size": 44, "head_dim": 8,
            "num_attention_heads": 5, "num_key_value_heads": 1, "attention_bias": true, "mlp_bias": true,
            "quantization_config": [
                "quant_method": "bitnet", "use_rms_norm": true, "rms_norm_eps": 1e-5, "modules_to_not_convert": ["layers.1.mlp.down"],
            ],
            "rope_parameters": [
                "rope_type": "llama3", "rope_theta": 10000, "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
                "original_max_position_embeddings": 64,
            ],
        ],
    ],
    "ttt": [
        [
            "model_type": "ttt", "vocab_size": 67, "hidden_size": 24, "num_hidden_layers": 2, "intermediate_size": 44,
            "num_attention_heads": 4, "mini_batch_size": 7, "ttt_base_lr": 0.5, "bos_token_id": 1, "eos_token_id": 2,
        ],
        [
            "model_type": "ttt", "vocab_size": 300, "hidden_size": 30, "num_hidden_layers": 2, "intermediate_size": 50,
            "num_attention_heads": 3, "ttt_layer_type": "mlp", "mini_batch_size": 16, "pre_conv": true, "share_qk": true, "use_gate": true,
            "conv_kernel": 3, "tie_word_embeddings": false, "rope_theta": 500,
        ],
    ],
    "llama": [
        [
            "model_type": "llama", "vocab_size": 67, "hidden_size": 30, "num_hidden_layers": 2, "intermediate_size": 44, "head_dim": 8,
            "num_attention_heads": 5, "num_key_value_heads": 1, "attention_bias": true, "mlp_bias": true, "tie_word_embeddings": true,
            "bos_token_id": 1, "eos_token_id": 2, "rope_theta": 10000,
            "rope_scaling": [
                "rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64,
            ],
        ],
        [
            "model_type": "mistral", "vocab_size": 300, "hidden_size": 36, "num_hidden_layers": 2, "intermediate_size": 50,
            "num_attention_heads": 6, "num_key_value_heads": 2, "sliding_window": 21, "rms_norm_eps": 1e-5,
            "rope_parameters": ["rope_type": "default", "rope_theta": 1000],
        ],
        [
            "model_type": "qwen2", "vocab_size": 67, "hidden_size": 36, "num_hidden_layers": 3, "intermediate_size": 50,
            "num_attention_heads": 6, "num_key_value_heads": 3, "tie_word_embeddings": true, "use_sliding_window": true,
            "sliding_window": 11, "max_window_layers": 2, "max_position_embeddings": 32, "rope_theta": 1000,
            "rope_scaling": ["rope_type": "dynamic", "factor": 3],
        ],
        [
            "model_type": "qwen3", "vocab_size": 300, "hidden_size": 30, "num_hidden_layers": 2, "intermediate_size": 44, "head_dim": 14,
            "num_attention_heads": 3, "num_key_value_heads": 1, "rope_theta": 10000,
            "rope_scaling": ["rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 64],
        ],
    ],
]

/// A family's graph with random weights, ready to run.
public func randomMachine(
    _ graph: Graph, seed: UInt64 = 1, kernels: Kernels = .best, threads: Int = 1, optimising: Bool = true
) throws -> Machine {
    let pool = ThreadPool(threads: threads)
    let source = try TernarySource(
        MemorySource(randomFor: graph, seed: seed), graph: graph, quantiser: Catalog.quantisers[0], kernels: kernels, threads: pool)
    let weights = try Weights(graph, from: source, kernels: kernels, threads: pool)
    return try Machine(graph, weights, kernels: kernels, threads: pool, optimising: optimising)
}

/// The logits of every token.
public func logits(_ machine: Machine, _ tokens: [Int32], from session: Session? = nil) throws -> [[Float]] {
    var feeds = [Machine.Feed(session ?? machine.graph.session, tokens[...], wanted: .all)]
    var rows: [[Float]] = []
    try machine.run(&feeds) { _, _, row in rows.append(Array(row)) }
    return rows
}
