import Basis
import Catalog
import GGUF
import Generation
import Models
import Support
import Tensors
import Tokens

/// The readers of text: JSON and everything that is written in it.
extension Fuzzer {
    static let text = [json, configuration, graph, tokenizer, exportedTokenizer, prompts, questions]

    /// What comes out of printing a value is that value.
    static let json = Fuzzer(
        name: "JSON",
        read: { input, _ in
            let value = try JSON(parsing: input)
            try expect(try JSON(parsing: value.compact) == value, "a value changes when it is printed and read")
            try expect(try JSON(parsing: value.pretty) == value, "a value changes when it is indented")
        },
        seeds: { [Array(#"{"a": [1, -2.5e3, true, null], "é\n": {"\ud83d\ude42": ""}, "b": 9007199254740993}"#.utf8)] }, mend: { $0 })

    static let configuration = Fuzzer(
        name: "config.json",
        read: { input, _ in
            let configuration = try JSON(parsing: input)
            var refusals: [Failure] = []
            for family in Catalog.families {
                do { _ = try family.graph(configuration: configuration) } catch let refusal as Failure { refusals.append(refusal) }
            }
            if refusals.count == Catalog.families.count, let refusal = refusals.first { throw refusal }
        },
        seeds: { configurations.map { Array($0.utf8) } }, mend: { $0 })

    static let graph = Fuzzer(
        name: "graph",
        read: { input, _ in
            let graph = try Graph(json: JSON(parsing: input), operations: Catalog.operations)
            try expect(try Graph(json: graph.json, operations: Catalog.operations) == graph, "a graph changes when it is written and read")
            _ = (graph.text, graph.dot, graph.cost(tokens: 3))
        },
        seeds: {
            try zip(Catalog.families, configurations).map { Array(try $0.graph(configuration: JSON(parsing: $1)).json.compact.utf8) }
        },
        mend: { $0 })

    static let tokenizer = Fuzzer(
        name: "tokenizer.json",
        read: { input, _ in
            let tokenizer = try Tokenizer(json: input)
            let ids = tokenizer.encode(input.suffix(300) + [0xFF, 0xC3]) + [-1, .max, .min]
            var stream = StreamDecoder(tokenizer)
            let streamed = ids.flatMap { stream.push($0) } + stream.finish()
            try expect(streamed == tokenizer.decode(ids), "a stream decodes to something else")
        },
        seeds: { tokenizers.map { Array($0.utf8) } }, mend: { $0 })

    /// What a GGUF file is told of a tokenizer, its reader takes.
    static let exportedTokenizer = Fuzzer(
        name: "tokenizer.json for GGUF",
        read: { input, workplace in
            let configuration = try JSON(parsing: floatLlama), threads = ThreadPool(threads: 1)
            guard let family = Catalog.family(of: configuration) else { return }
            let graph = try family.graph(configuration: configuration), source = try MemorySource(randomFor: graph, seed: 1)
            let files = [SmallFile(name: "tokenizer.json", bytes: input), SmallFile(name: "config.json", bytes: Array(floatLlama.utf8))]
            let sink = MemorySink()
            try GGUFExport(graph, source, files: Checkpoint(files: files, tensors: source), name: "x", type: nil, threads).write(to: sink) { _ in }
            let checkpoint = try GGUFFormat.open(workplace.write("input.gguf", sink.bytes), threads)
            try expect(checkpoint?.file("tokenizer.json") != nil, "the tokenizer is not read back")
            _ = try checkpoint?.file("tokenizer.json").map { try Tokenizer(json: $0) }
        },
        seeds: { tokenizers.map { Array($0.utf8) } }, mend: { $0 })

    private static let floatLlama = """
        {"model_type": "llama", "vocab_size": 400, "hidden_size": 4, "num_hidden_layers": 1, "intermediate_size": 4, "num_attention_heads": 1}
        """

    static let prompts = Fuzzer(
        name: "JSON lines",
        read: { input, _ in
            let graph = try Catalog.families[0].graph(configuration: JSON(parsing: configurations[0]))
            let reader = PromptReader(
                defaults: Request(tokens: [], session: graph.session), tokenizer: try Tokenizer(json: Array(tokenizers[0].utf8)), beginOfText: 1)
            _ = try reader.prompt(json: input)
            _ = try reader.prompt(text: input)
        },
        seeds: {
            [
                #"{"prompt": "a b", "max_tokens": 3, "stop": ["x", "y"], "temperature": 0.5, "id": [1]}"#,
                #"{"tokens": [1, 2, 3], "top_k": 4, "top_p": 0.5, "min_p": 0.1, "repetition_penalty": 1.1, "seed": 7, "ignore_eos": true}"#,
            ].map { Array($0.utf8) }
        },
        mend: { $0 })

    static let questions = Fuzzer(
        name: "questions",
        read: { input, _ in
            let tokenizer = try Tokenizer(json: Array(tokenizers[1].utf8))
            let question = try input.withUnsafeBytes { try Question(json: $0, tokenizer, vocabulary: 7) }
            let tokens = question.examples + question.prompt + question.answer + (question.hint ?? [])
            try expect(tokens.allSatisfy { (0..<7).contains($0) } && !question.answer.isEmpty, "a token that the model does not have")
        },
        seeds: {
            [
                #"{"prompt": "a b", "answer": "ab", "kind": "x", "hint": "a b a"}"#,
                #"{"examples": [1, 2, 3], "prompt": [4, 5], "answer": [6]}"#,
            ].map { Array($0.utf8) }
        },
        mend: { $0 })

    /// One of each family, in the order of the catalogue.
    private static let configurations = [
        """
        {"model_type": "hgrn_bit", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 2, "num_heads": 2, "expand_ratio": 1,
         "hidden_ratio": 4, "intermediate_size": 12, "use_lower_bound": true, "rms_norm_eps": 1e-6, "tie_word_embeddings": false}
        """,
        """
        {"model_type": "llama", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "head_dim": 6,
         "num_key_value_heads": 1, "intermediate_size": 12, "hidden_act": "silu", "rms_norm_eps": 1e-6, "attention_bias": true,
         "rope_theta": 1e4, "rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4,
         "original_max_position_embeddings": 64}, "quantization_config": {"quant_method": "bitnet", "use_rms_norm": true,
         "rms_norm_eps": 1e-6, "modules_to_not_convert": ["layers.1.mlp"], "linear_class": "bitlinear"}}
        """,
        """
        {"model_type": "mistral", "vocab_size": 9, "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": null,
         "num_key_value_heads": null, "intermediate_size": 12, "hidden_act": "silu", "rms_norm_eps": 1e-5, "sliding_window": 3,
         "rope_parameters": {"rope_type": "linear", "rope_theta": 1e4, "factor": 2}, "tie_word_embeddings": true}
        """,
    ]

    /// One of each kind: byte-level, and SentencePiece style with byte fallback.
    private static let tokenizers = [
        #"""
        {"version": "1.0", "added_tokens": [{"id": 5, "content": "<s>", "special": true, "normalized": false, "lstrip": false,
         "rstrip": true, "single_word": false}], "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true,
         "use_regex": true}, "post_processor": null, "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "ignore_merges": false,
         "vocab": {"a": 0, "b": 1, "ab": 2, "Ġ": 3, "Ġab": 4}, "merges": ["a b", ["Ġ", "ab"]]}}
        """#,
        #"""
        {"version": "1.0", "added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": true}],
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, {"type": "Replace",
         "pattern": {"String": " "}, "content": "▁"}]}, "pre_tokenizer": null, "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "<unk>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}], "pair": [],
         "special_tokens": {"<unk>": {"id": "<unk>", "ids": [0], "tokens": ["<unk>"]}}},
         "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
         {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
         "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true,
         "vocab": {"<unk>": 0, "▁": 1, "a": 2, "b": 3, "▁a": 4, "<0xFF>": 5, "<0xC3>": 6}, "merges": ["▁ a"]}}
        """#,
    ]
}
