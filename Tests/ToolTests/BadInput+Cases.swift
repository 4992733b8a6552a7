import Basis
import Glibc
import Support
import Tern

extension BadInput {
    static let all: [BadInput] = usage + paths + training + quality + checkpoints + configurations + containers + cuts + manifests + tokenizers + states + hardware

    private static func tiny(_ form: KeyPath<Made, String>) throws -> String { try Made.tiny[keyPath: form] }

    // Wrong usage.
    static let usage: [BadInput] = [
        ("infer", "expected argument", []), ("infer", "prompt has to be an argument", ["-"]),
        ("infer", "--threads", ["x", "--threads", "0"]),
        ("infer", "--threads", ["x", "--threads", "1025"]),
        ("infer", "threads", ["x", "--threads", "two"]), ("infer", "threads", ["x", "--threads", "-1"]),
        ("infer", "temperature", ["x", "--temperature=-1"]), ("infer", "temperature", ["x", "--temperature", "nan"]),
        ("infer", "temperature", ["x", "--temperature", "inf"]), ("infer", "temperature", ["x", "--temperature", "hot"]),
        ("infer", "top", ["x", "--top-k=-1"]), ("infer", "top", ["x", "--top-p", "1.1"]), ("infer", "top", ["x", "--top-p", "0"]),
        ("infer", "min", ["x", "--min-p", "2"]),
        ("infer", "penalty", ["x", "--repetition-penalty", "0"]), ("infer", "seed", ["x", "--seed=-1"]),
        ("infer", "--max-tokens", ["x", "--max-tokens=-1"]), ("infer", "max-tokens", ["x", "--max-tokens", "99999999999999999999"]),
        ("infer", "--batch", ["x", "--batch", "0"]), ("infer", "--stop", ["x", "--stop", ""]), ("infer", "cache", ["x", "--cache", "f8"]), ("infer", "graph", ["x", "--graph=xml"]),
        ("infer", "Only one of --score", ["x", "--score", "--logits", "y"]),
        ("infer", "nonsense", ["x", "--nonsense"]), ("infer", "c", ["a", "b", "c"]),
        ("quantize", "expected argument", []), ("quantize", "threads", ["x", "--threads", "0"]), ("quantize", "y", ["x", "y"]),
        ("quantize", "Only one of a model", ["x", "--shape", "mmfree-370m"]),
        ("bench", "expected argument", []), ("bench", "expected argument", ["speed"]), ("bench", "y", ["x", "y"]),
        ("bench", "Only one of a model", ["x", "--shape", "mmfree-370m"]), ("bench", "threads", ["x", "--threads", "0"]),
        ("bench", "batch", ["x", "--batch", "0"]), ("bench", "batch", ["x", "--batch", "1,,2"]), ("bench", "batch", ["x", "--batch", "1,1"]),
        ("bench", "--batch", ["x", "--batch", "9999"]), ("bench", "--prompt", ["x", "--prompt=-1"]),
        ("bench", "context", ["x", "--context", "many"]), ("bench", "--context", ["x", "--context", "9999999"]),
        ("bench", "--rounds", ["x", "--rounds", "0"]), ("bench", "--seconds", ["x", "--seconds=-1"]),
        ("bench", "--seconds", ["x", "--seconds", "nan"]), ("bench", "cache", ["x", "--cache", "f64"]),
        ("bench", "expected argument", ["compare", "x"]), ("bench", "--rounds", ["compare", "x", "y", "--rounds", "7"]),
        ("bench", "--rounds", ["compare", "x", "y", "--rounds", "301"]), ("bench", "Standard input", ["compare", "-", "-"]),
        ("bench", "--bytes", ["kernels", "--bytes", "0"]), ("bench", "--batch", ["kernels", "--batch", "1025"]),
        ("bench", "x", ["kernels", "x"]), ("bench", "expected argument", ["plot"]),
        ("bench", "expected argument", ["quality", "--data", "y"]), ("bench", "nothing to measure", ["quality", "x"]),
        ("bench", "think", ["quality", "x", "--data", "y", "--think", "0,0"]), ("bench", "think", ["quality", "x", "--data", "y", "--think=-1"]),
        ("bench", "--think", ["quality", "x", "--data", "y", "--think", "70000"]), ("bench", "think", ["quality", "x", "--data", "y", "--think", ""]),
        ("bench", "--think-temperature", ["quality", "x", "--data", "y", "--think-temperature", "nan"]),
        ("bench", "--held-out", ["quality", "x", "--data", "y", "--held-out", "0"]), ("bench", "--held-out", ["quality", "x", "--data", "y", "--held-out", "1.5"]),
        ("bench", "--windows", ["quality", "x", "--data", "y", "--windows", "0"]), ("bench", "--context", ["quality", "x", "--data", "y", "--context", "0"]),
        ("bench", "--batch", ["quality", "x", "--data", "y", "--batch", "5000"]), ("bench", "seed", ["quality", "x", "--data", "y", "--seed", "x"]),
        ("bench", "--answers goes with", ["quality", "x", "--data", "y", "--answers", "z"]),
        ("bench", "--answers takes a file", ["quality", "x", "--questions", "y", "--answers", "-"]),
        ("bench", "not standard input", ["quality", "x", "--questions", "-"]),
        ("think-train", "expected argument", ["x"]), ("think-train", "output", ["x", "--data", "y"]),
        ("think-train", "Only one of a model", ["x", "--new", "y", "--data", "y", "-o", "z"]), ("think-train", "--new", ["--data", "y", "-o", "z"]),
        ("think-train", "--tokenizer", ["x", "--tokenizer", "y", "--data", "y", "-o", "z"]), ("think-train", "folder", ["x", "--data", "y", "-o", "-"]),
        ("think-train", "--steps", ["x", "--data", "y", "-o", "z", "--steps", "0"]), ("think-train", "--batch", ["x", "--data", "y", "-o", "z", "--batch=-1"]),
        ("think-train", "--rate", ["x", "--data", "y", "-o", "z", "--rate", "nan"]), ("think-train", "--beta1", ["x", "--data", "y", "-o", "z", "--beta1", "1"]),
        ("think-train", "schedule", ["x", "--data", "y", "-o", "z", "--schedule", "sine"]), ("think-train", "--held-out", ["x", "--data", "y", "-o", "z", "--held-out", "1"]),
        ("think-train", "--data takes files", ["x", "--data", "-", "-o", "z"]), ("think-train", "--save-every", ["x", "--data", "y", "-o", "z", "--save-every", "0"]),
        ("think-train", "--epsilon", ["x", "--data", "y", "-o", "z", "--epsilon", "0"]),
        ("think-train", "--accumulate", ["x", "--data", "y", "-o", "z", "--accumulate", "1073741824"]),
        ("think-train", "--warmup", ["x", "--data", "y", "-o", "z", "--warmup=-1"]), ("think-train", "seed", ["x", "--data", "y", "-o", "z", "--seed", "x"]),
        ("pack", "Only one of --unpack", ["--list", "--test", "x"]),
        ("pack", "--level", ["--level", "0", "x"]), ("pack", "--level", ["--level", "20", "x"]),
        ("pack", "to", ["--to", "zip", "x"]), ("pack", "extract", ["x", "--extract"]),
    ].map { (program, fact, arguments) in
        let told = fact.prefix(1).lowercased() + fact.dropFirst()
        return BadInput("\(program) \(arguments.joined(separator: " "))", program, told, status: 64) { _ in arguments }
    }

    // Files that cannot be read or written.
    static let paths: [BadInput] = ["infer", "quantize", "pack", "bench"].flatMap { program in
        let prompt = program == "infer" ? ["hello"] : []
        return [
            BadInput("\(program): no such file", program, "cannot open '/nowhere/x': no such file or directory") { _ in
                ["/nowhere/x"] + prompt
            },
            BadInput("\(program): an empty name", program, "no such file") { _ in [""] + prompt },
            BadInput("\(program): a file as a folder", program, "x/y': not a directory") { ["\(try $0.write("x", "text"))/y"] + prompt },
            BadInput("\(program): an empty file", program, "x'") { [try $0.write("x", "")] + prompt },
            BadInput("\(program): an empty standard input", program, "standard input") { _ in ["-"] + prompt },
            BadInput("\(program): text", program, "x'") { [try $0.write("x", "hello, world\n")] + prompt },
            BadInput("\(program): a JPEG", program, "x'") {
                [try $0.write("x", [0xFF, 0xD8, 0xFF, 0xE0] + [UInt8](repeating: 7, count: 100))] + prompt
            },
            BadInput("\(program): no permission", program, "x'") { scratch in
                let path = try scratch.write("x", "{}")
                chmod(path, 0)
                // Nothing is forbidden to root, to whom the same file is a manifest without a format.
                return [path] + prompt
            },
        ]
    } + [
        BadInput("pack: a folder", "pack", "is a directory") { [$0.folder("x")] },
        BadInput("bench: no such shape", "bench", "there is no shape 'x'") { _ in ["--shape", "x"] },
        BadInput("bench: no such variant", "bench", "'threads=0' takes") { _ in ["compare", "x,threads=0", "y"] },
        BadInput("bench: no such level", "bench", "no kernel level 'x'") { _ in ["compare", "x,level=x", "y"] },
        BadInput("bench: a command that fails", "bench", "'exit 3' failed with status 3") { _ in ["compare", "command:exit 3", "command:echo 1"] },
        BadInput("bench: a command that says nothing", "bench", "printed no positive number") { _ in
            ["compare", "command:true", "command:echo 1"]
        },
        BadInput("bench: no records", "bench", "holds neither records of bench nor a log of think-train") { ["plot", try $0.write("x", "")] },
        BadInput("bench: no JSON", "bench", "line 1") { ["plot", try $0.write("x", "hello\n")] },
        BadInput("bench: a picture of no known kind", "bench", "neither .png nor .svg") {
            ["plot", "-o", "x.pdf", try $0.write("x", """
                {"record":"model","model":"x"}
                {"record":"speed","phase":"decode","threads":1,"batch":1,"tokens_per_second":1,"bytes_per_token":1,"multiply_adds_per_token":1}
                """)]
        },
        BadInput("bench: records that are not there", "bench", "cannot open '/nowhere/x'") { _ in ["plot", "/nowhere/x"] },
        BadInput("infer: a name with a line feed", "infer", "cannot open 'a b'") { _ in ["a\nb", "hello"] },
        BadInput("quantize: into no folder", "quantize", "cannot create '") { [try tiny(\.folder), "-o", $0.file("none/x")] },
        BadInput("quantize: onto a folder", "quantize", "is a directory") { [try tiny(\.folder), "-o", $0.folder("y")] },
        BadInput("quantize: a full disk behind -o", "quantize", "cannot write to '/dev/full': no space left on device") { _ in
            [try tiny(\.folder), "-o", "/dev/full"]
        },
        BadInput(
            "quantize: a full disk behind stdout", "quantize", "cannot write to 'standard output': no space", output: "/dev/full"
        ) { _ in
            [try tiny(\.folder)]
        },
        BadInput("quantize: a report into no folder", "quantize", "cannot create '") {
            [try tiny(\.folder), "-o", $0.file("out/x"), "--report", $0.file("none/r")]
        },
        BadInput("quantize: a method that is none", "quantize", "there is no method 'magic'") { _ in
            [try tiny(\.folder), "--method", "magic"]
        },
        BadInput("pack: into no folder", "pack", "cannot create '") { [try tiny(\.raw), "-o", $0.file("none/x")] },
        BadInput("pack: a full disk behind -o", "pack", "cannot write to '/dev/full'") { _ in [try tiny(\.raw), "-o", "/dev/full"] },
        BadInput(
            "pack: a full disk behind stdout", "pack", "cannot write to 'standard output'", output: "/dev/full"
        ) { _ in
            [try tiny(\.raw)]
        },
        BadInput(
            "pack: unpacking onto a full disk", "pack", "cannot write to 'standard output'", output: "/dev/full"
        ) { _ in
            ["--unpack", try tiny(\.packed)]
        },
        BadInput(
            "pack: a list onto a full disk", "pack", "cannot write to 'standard output'", output: "/dev/full"
        ) { _ in
            ["--list", try tiny(\.packed)]
        },
        BadInput("pack: what is packed already", "pack", "is packed already") { [try tiny(\.packed), "-o", $0.file("out/there")] },
        BadInput("pack: a folder that exists already", "pack", "exists already") {
            [try tiny(\.packed), "--to", "huggingface", "-o", $0.file("out")]
        },
        BadInput("pack: a folder to standard output", "pack", "a folder cannot go to standard output") { _ in
            [try tiny(\.packed), "--to", "huggingface"]
        },
        BadInput("pack: a folder within no folder", "pack", "cannot create '") {
            [try tiny(\.packed), "--to", "huggingface", "-o", $0.file("none/x")]
        },
        BadInput(
            "infer: answers onto a full disk", "infer", "cannot write to 'standard output'", output: "/dev/full"
        ) { _ in
            [try tiny(\.packed), "hello"]
        },
        BadInput("infer: --help onto a full disk", "infer", "no space left", output: "/dev/full") { _ in ["--help"] },
        BadInput(
            "infer: scores onto a full disk", "infer", "cannot write to 'standard output'", output: "/dev/full"
        ) { _ in
            [try tiny(\.packed), "hello", "--score"]
        },
        BadInput("infer: logits into no folder", "infer", "cannot create '") {
            [try tiny(\.packed), "hello", "--logits", $0.file("none/x")]
        },
        BadInput("infer: logits onto a full disk", "infer", "cannot write to '/dev/full'") { _ in
            [try tiny(\.packed), "hello", "--logits", "/dev/full"]
        },
        BadInput("infer: logits of two prompts", "infer", "--logits takes one prompt", input: .text("a\nb\n")) {
            [try tiny(\.packed), "--logits", $0.file("out/x")]
        },
        BadInput("infer: logits of no prompt", "infer", "there is no prompt") { [try tiny(\.packed), "--logits", $0.file("out/x")] },
        BadInput("infer: a state into no folder", "infer", "cannot create '") {
            [try tiny(\.packed), "hello", "--save-state", $0.file("none/x")]
        },
        BadInput(
            "infer: a kernel level that is none", "infer", "unknown kernel level 'mmx' in TERN_CPU", environment: ["TERN_CPU": "mmx"]
        ) { _ in
            [try tiny(\.packed), "x"]
        },
        BadInput(
            "quantize: a kernel level that is none", "quantize", "unknown kernel level '' in TERN_CPU", environment: ["TERN_CPU": ""]
        ) { _ in
            [try tiny(\.folder)]
        },
        BadInput("infer: hf: without a name", "infer", "'hf:' is not of the form hf:owner/name") { _ in ["hf:", "x"] },
        BadInput("infer: hf: with a way out", "infer", "is not of the form hf:owner/name") { _ in ["hf:../x", "x"] },
        BadInput(
            "infer: hf: that is not there", "infer", "cannot find 'hf:a/b' in the local cache", environment: ["HF_HOME": "/nowhere"]
        ) { _ in
            ["hf:a/b", "x"]
        },
    ]

    /// The folder of a small model, changed, put through quantize onto a file that exists already.
    private static func checkpoint(
        _ what: String, _ fact: String, _ change: @escaping @Sendable (inout Hostile) throws -> Void
    ) -> [BadInput] {
        [
            BadInput("quantize: \(what)", "quantize", fact) { scratch in
                var model = try Hostile()
                try change(&model)
                return [try model.write(scratch), "-o", scratch.file("out/there")]
            },
            BadInput("infer: \(what)", "infer", fact) { scratch in
                var model = try Hostile()
                try change(&model)
                return [try model.write(scratch), "hello"]
            },
        ]
    }

    private static func entry(_ fields: String, _ data: Int = 4) -> [UInt8] {
        safetensors(header: "{\"a\":{\(fields)}}", [UInt8](repeating: 0, count: data))
    }

    // Weights and the files that they lie in.
    static let checkpoints: [BadInput] = [
        checkpoint("an empty weights file", "model.safetensors'") { $0.file = [] },
        checkpoint("a header longer than the file", "the header says") { $0.file = safetensors(header: "{}", length: 1000) },
        checkpoint("a huge header", "the header says") { $0.file = safetensors(header: "{}", length: .max) },
        checkpoint("a header of 2^63", "the header says") { $0.file = safetensors(header: "{}", length: 1 << 63) },
        checkpoint("a header that is no JSON", "model.safetensors'") { $0.file = safetensors(header: "{nonsense}") },
        checkpoint("a header that is an array", "does not begin with '{'") { $0.file = safetensors(header: "[]") },
        checkpoint("a header cut short", "model.safetensors'") { $0.file = safetensors(header: "{\"a\":{\"dtype\"") },
        checkpoint("a nesting bomb", "model.safetensors'") { $0.file = safetensors(header: String(repeating: "{\"a\":", count: 200_000)) },
        checkpoint("no tensors", "tensor 'model.embeddings.weight' is missing") { $0.file = safetensors(header: "{}") },
        checkpoint("a tensor twice", "model.safetensors'") { $0.tensors.append($0.tensors[0]) },
        checkpoint("a duplicate field", "dtype") { $0.file = entry(#""dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]"#) },
        checkpoint("no element type", "tensor 'a' has no dtype") { $0.file = entry(#""shape":[1],"data_offsets":[0,4]"#) },
        checkpoint("an unknown element type", "element type 'F7'") { $0.file = entry(#""dtype":"F7","shape":[1],"data_offsets":[0,4]"#) },
        checkpoint("no shape", "tensor 'a' has no shape") { $0.file = entry(#""dtype":"F32","data_offsets":[0,4]"#) },
        checkpoint("a negative shape", "tensor 'a'") { $0.file = entry(#""dtype":"F32","shape":[-1],"data_offsets":[0,4]"#) },
        checkpoint("a shape that overflows", "tensor 'a'") {
            $0.file = entry(#""dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]"#)
        },
        checkpoint("a fractional shape", "tensor 'a' has no shape") {
            $0.file = entry(#""dtype":"F32","shape":[1.5],"data_offsets":[0,4]"#)
        },
        checkpoint("offsets that are negative", "tensor 'a' takes 4 bytes, but its offsets are -4 and 0") {
            $0.file = entry(#""dtype":"F32","shape":[1],"data_offsets":[-4,0]"#)
        },
        checkpoint("offsets that are huge", "tensor 'a'") {
            $0.file = entry(#""dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775807]"#)
        },
        checkpoint("offsets beyond integers", "tensor 'a'") {
            $0.file = entry(#""dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551616]"#)
        },
        checkpoint("offsets backwards", "tensor 'a'") { $0.file = entry(#""dtype":"F32","shape":[1],"data_offsets":[4,0]"#) },
        checkpoint("a tensor beyond the file", "the tensors take 400 bytes, but 4 follow") {
            $0.file = entry(#""dtype":"F32","shape":[100],"data_offsets":[0,400]"#)
        },
        checkpoint("a terabyte tensor", "the tensors take 4398046511104 bytes") {
            $0.file = entry(#""dtype":"F32","shape":[1099511627776],"data_offsets":[0,4398046511104]"#)
        },
        checkpoint("bytes of no tensor", "belong to no") { $0.file = entry(#""dtype":"F32","shape":[1],"data_offsets":[4,8]"#, 8) },
        checkpoint("bytes after the last tensor", "belong to none") {
            $0.file = entry(#""dtype":"F32","shape":[1],"data_offsets":[0,4]"#, 9)
        },
        checkpoint("tensors that overlap", "overlaps") {
            let second = #""b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}"#
            $0.file = safetensors(
                header: #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},\#(second)}"#, [UInt8](repeating: 0, count: 6))
        },
        checkpoint("a missing tensor", "tensor 'model.layers.1.attn.i_proj.weight' is missing") {
            $0.tensors.removeAll { $0.name == "model.layers.1.attn.i_proj.weight" }
        },
        checkpoint("a missing gain", "tensor 'lm_head.norm.weight' is missing") {
            $0.tensors.removeAll { $0.name == "lm_head.norm.weight" }
        },
        checkpoint("a matrix the wrong way round", "tensor 'model.layers.0.mlp.down_proj.weight'") {
            try $0.change("model.layers.0.mlp.down_proj.weight") { $0.shape.reverse() }
        },
        checkpoint("a vector for a matrix", "has shape [64], expected [8, 8]") {
            try $0.change("model.layers.0.attn.i_proj.weight") { $0.shape = [64] }
        },
        checkpoint("a matrix of integers", "has elements of type I32") {
            try $0.change("model.layers.0.attn.i_proj.weight") { $0.element = "I32" }
        },
        checkpoint("a gain of integers", "has elements of type I32") { try $0.change("model.norm.weight") { $0.element = "I32" } },
    ].flatMap { $0 } + ["a NaN": Float.nan, "an infinity": .infinity].flatMap { what, value in
        ["model.layers.0.attn.i_proj.weight", "model.norm.weight", "model.embeddings.weight", "lm_head.weight"].flatMap { name in
            checkpoint("\(what) in \(name)", "tensor '\(name)") {
                try $0.change(name) { tensor in
                    let bytes = withUnsafeBytes(of: value) { Array($0) }
                    tensor.bytes.replaceSubrange(tensor.bytes.count - 4..<tensor.bytes.count, with: bytes)
                }
            }
        }
    }

    private static func configuration(_ what: String, _ fact: String, _ text: String) -> [BadInput] {
        checkpoint("a config.json with \(what)", fact) { $0.config = text }
    }

    private static func configuration(with key: String, _ value: JSON, _ fact: String) -> [BadInput] {
        var object = Hostile.configuration
        object[key] = value
        return configuration("\(key) \(value.compact)", fact, JSON.object(object).compact)
    }

    // config.json and the index of shards.
    static let configurations: [BadInput] = [
        checkpoint("no config.json", "config.json': no such file") { $0.config = "" },
        configuration("nothing in it", "config.json'", " "),
        configuration("text", "config.json'", "hello"),
        configuration("an array", "config.json", "[]"),
        configuration("a key twice", "model_type", #"{"model_type": "hgrn_bit", "model_type": "hgrn_bit"}"#),
        configuration("a nesting bomb", "config.json'", String(repeating: "[", count: 1_000_000)),
        configuration("a cut", "config.json'", String(JSON.object(Hostile.configuration).compact.dropLast(5))),
        configuration("no model type", "config.json names no model_type", "{}"),
        configuration(with: "model_type", "gpt9", "model type 'gpt9' is unknown; known: "),
        configuration(with: "model_type", 9, "config.json names no model_type"),
        configuration(with: "hidden_size", 0, "'hidden_size': 0"),
        configuration(with: "hidden_size", 16, "has shape"),
        configuration(with: "num_hidden_layers", 3, "is missing"),
        configuration(with: "num_hidden_layers", 1_000_000_000, "'num_hidden_layers'"),
        configuration(with: "vocab_size", 13, "has shape [12, 8], expected [13, 8]"),
        configuration(with: "use_short_conv", true, "use_short_conv"),
        configuration(with: "intermediate_size", 1.5, "'intermediate_size': 1.5"),
        checkpoint("an index that is no JSON", "index.json'") { $0.others["model.safetensors.index.json"] = "{" },
        checkpoint("an index without a map", "no weight_map") { $0.others["model.safetensors.index.json"] = "{}" },
        checkpoint("an index that leads out", "no file name within the folder") {
            $0.others["model.safetensors.index.json"] = #"{"weight_map": {"a": "../a.safetensors"}}"#
        },
        checkpoint("an index with a missing shard", "no such file") {
            $0.others["model.safetensors.index.json"] = #"{"weight_map": {"a": "a.safetensors"}}"#
        },
        checkpoint("an index that names other tensors", "index") {
            $0.others["model.safetensors.index.json"] = #"{"weight_map": {"a": "model.safetensors"}}"#
        },
    ].flatMap { $0 }
}
