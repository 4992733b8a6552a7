import Basis
import Catalog
import GGUF
import Generation
import Models
import Support
import Templates
import Tensors
import Tokens

/// The readers of text: JSON and everything that is written in it.
extension Fuzzer {
    static let text = [json, configuration, graph, tokenizer, exportedTokenizer, regex, template, prompts, chats, questions]

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
            let untrusted = tokenizer.encode(input.suffix(300), untrusted: [0..<min(300, input.count)])
            // An unknown token may be special, too, and then is one of them.
            try expect(Set(untrusted.filter { tokenizer.isSpecial($0) }).count <= 1, "an untrusted text has special tokens")
        },
        seeds: { tokenizers.map { Array($0.utf8) } }, mend: { $0 })

    /// A line with a pattern, then the text.
    static let regex = Fuzzer(
        name: "regular expressions",
        read: { input, _ in
            let lines = input.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
            let regex = try Regex(String(decoding: lines[0], as: UTF8.self))
            let text = Array(lines.count > 1 ? lines[1] : []) + input
            var end = 0, isWhole = true
            text.withUnsafeBufferPointer { bytes in
                regex.forEachPart(of: bytes, 0..<bytes.count) { range, _ in
                    if range.lowerBound != end { isWhole = false }
                    end = range.upperBound
                }
            }
            try expect(isWhole && end == text.count, "the parts are not the text")
        },
        seeds: {
            [
                #"(?i:'s|'t|'ll)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
                #"(?:a|a)*b|[\p{Lu}&&[^A-C\x{4E00}-\x{9FFF}]]{2,}?|(?<=\s)\w|\b.$|(?>\s+)[[:space:]]"#,
            ].map { Array(($0 + "\nI'LL aaaa  42 \u{E9}\u{4E00}\r\n").utf8) }
        },
        mend: { $0 })

    static let template = Fuzzer(
        name: "chat templates",
        read: { input, _ in
            var limits = TemplateLimits()
            (limits.fuel, limits.output, limits.fuelForInput, limits.outputForInput) = (50_000, 10_000, 0, 0)
            let messages = #"[{"role": "user", "content": "<s>\u00e9"}, {"role": "assistant", "content": "b"}]"#
            let template = try ChatTemplate(String(decoding: input, as: UTF8.self))
            let text = try template.render(["messages": JSON(parsing: messages)], trusted: [("bos_token", "<s>")], time: 0, limits: limits)
            try expect(text.bytes.count <= 4 * limits.output, "a template makes more than it may")
            try expect(text.input.allSatisfy { 0 <= $0.lowerBound && $0.upperBound <= text.bytes.count }, "input that is not there")
        },
        seeds: { templates.map { Array($0.utf8) } }, mend: { $0 })

    private static let templates = [
        "{{ bos_token }}{% for m in messages %}{{- '<|' + m['role'] + '|>\\n' ~ m.content|trim }}{% endfor %}"
            + "{% if x is defined %}y{% endif %}",
        "{%- macro m(a, b='c') %}{{ a|upper }}{{ b[1:]|tojson(indent=2) }}{% endmacro -%}{% set ns = namespace(n=0) %}"
            + "{% for m in messages[::-1] if m.role != 'x' %}{% set ns.n = ns.n + loop.index %}{{ m.content.split('b')|join(', ') }}"
            + "{% else %}{{ raise_exception('no') }}{% endfor %}{{ m(ns.n ~ '', 'x' * 3) if ns.n > 1 else none }}",
        "{% set t %}{{ messages|map(attribute='role')|list }}{% endset %}{{ t.replace('u', 'v')|length // 2 - 3.5 }}{# c #}"
            + "{% for k, v in {'a': [1, 2], 'b': (3,)}.items() recursive %}{{ k }}{% break %}{% endfor %}{% raw %}{{ }}{% endraw %}",
    ]

    static let chats = Fuzzer(
        name: "chat lines",
        read: { input, _ in
            let graph = try Catalog.families[0].graph(configuration: JSON(parsing: configurations[0]))
            let tokenizer = try Tokenizer(json: Array(tokenizers[0].utf8))
            let templates = try ChatTemplates(configuration: nil, jinja: Array(Fuzzer.templates[0].utf8))
            let reader = PromptReader(
                defaults: Request(tokens: [], session: graph.session), tokenizer: tokenizer, beginOfText: 1,
                chat: try Chat(templates, tokenizer))
            _ = try reader.prompt(json: input)
            _ = try reader.prompt(text: input)
        },
        seeds: {
            [
                #"{"messages": [{"role": "user", "content": "a b<s>"}], "tools": [{"a": 1}], "max_tokens": 3, "id": [1]}"#,
                #"[{"role": "user", "content": "ab"}, {"role": "assistant", "content": "x"}]"#,
            ].map { Array($0.utf8) }
        },
        mend: { $0 })

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
        // So, the first one cuts words in a way that has a name there.
        seeds: { [Array(tokenizers[0].replacing("\"add_prefix_space\": true", with: "\"add_prefix_space\": false").utf8)] }, mend: { $0 })

    private static let floatLlama = """
        {"model_type": "llama", "vocab_size": 400, "hidden_size": 4, "num_hidden_layers": 1, "intermediate_size": 4, "num_attention_heads": 1}
        """

    static let prompts = Fuzzer(
        name: "JSON lines",
        read: { input, _ in
            let graph = try Catalog.families[0].graph(configuration: JSON(parsing: configurations[0]))
            let reader = PromptReader(
                defaults: Request(tokens: [], session: graph.session), tokenizer: try Tokenizer(json: Array(tokenizers[0].utf8)),
                beginOfText: 1)
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

    /// One of each kind: byte-level, SentencePiece style with byte fallback, a unigram model with a charsmap, WordPiece.
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
        #"""
        {"version": "1.0", "added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": false}],
         "normalizer": {"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": "BAAAAAEEAAAAYQA="},
         {"type": "NFKC"}, {"type": "Nmt"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": "▁"}]},
         "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}, "post_processor": null,
         "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false},
         "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["<unk>", 0], ["▁", -2], ["a", -3.5], ["▁a", -3],
         ["ab", -4], ["<0xFF>", -9]]}}
        """#,
        #"""
        {"version": "1.0", "added_tokens": [{"id": 0, "content": "[UNK]", "special": true, "normalized": true}], "normalizer":
         {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
         "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "BertPreTokenizer"}, {"type": "Split", "pattern":
         {"Regex": "[0-9]{1,2}|\\s+(?!x)"}, "behavior": "MergedWithPrevious", "invert": false}]}, "post_processor":
         {"type": "BertProcessing", "sep": ["[UNK]", 0], "cls": ["a", 1]}, "decoder": {"type": "WordPiece", "prefix": "##",
         "cleanup": true}, "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 9, "vocab": {"[UNK]": 0, "a": 1, "##b": 2, "##a": 3}}}
        """#,
    ]
}
