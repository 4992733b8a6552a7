import Basis
import Glibc
import Support
import Tern
import TestFiles
import Testing

extension BadInput {
    /// A container put through each program; `pack --test` says no instead of failing.
    private static func container(_ what: String, _ fact: String, _ make: @escaping @Sendable () throws -> [UInt8]) -> [BadInput] {
        [
            BadInput("infer: \(what)", "infer", fact) { [try $0.write("x", make()), "hello"] },
            BadInput("quantize: \(what)", "quantize", fact) { [try $0.write("x", make()), "-o", $0.file("out/there")] },
            BadInput("pack --unpack: \(what)", "pack", fact) { ["--unpack", try $0.write("x", make()), "-o", $0.file("out/there")] },
            BadInput("pack: \(what)", "pack", "x'") { [try $0.write("x", make()), "-o", $0.file("out/there")] },
            BadInput("pack --test: \(what)", "pack", fact, status: 1) { ["--test", try $0.write("x", make())] },
        ]
    }

    static let containers: [BadInput] = [
        container("plain safetensors", "x': not a tern container") { try safetensors(Hostile().tensors) },
        container("a code of 3", "x': tensor 'lm_head.weight': a trit has code 3, row 2, column 4\n") {
            try Hostile.container { try? $1[index(of: "lm_head.weight", $0)][5] = 0b0101_0111 }
        },
        container("an unknown operation", "x': ") { try Hostile.container { manifest, _ in manifest.graph = ["nodes": []] } },
        container("a terabyte frame", "x'") { Hostile.claim(1 << 40) },
        container("a bomb", "unpacks to more than 1000 times its size") {
            let count = 3 << 30
            let header = #"{"a":{"dtype":"U8","shape":[\#(count)],"data_offsets":[0,\#(count)]}}"#
            return Hostile.bomb(safetensors(header: header), zeros: 5 << 28)
        },
        container("half a magic number", "x'") { [0x28, 0xB5] },
        container("a skippable frame alone", "x'") { [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4] },
        container("a byte more", "x'") { try bytes(of: Made.tiny.raw) + [0] },
        container("a byte more after packing", "x'") { try bytes(of: Made.tiny.packed) + [0] },
        container("a container twice", "x'") { try bytes(of: Made.tiny.raw) + bytes(of: Made.tiny.raw) },
    ].flatMap { $0 }.filter(isWorthItsTime)

    /// A graph is nothing to pack; a bomb that is copied fills a disk first.
    private static func isWorthItsTime(_ bad: BadInput) -> Bool {
        if bad.what.hasSuffix("an unknown operation") { return bad.program != "pack" }
        return !["quantize: a bomb", "pack --unpack: a bomb", "pack: a bomb"].contains(bad.what)
    }

    /// The place of a tensor among those of the container.
    private static func index(of name: String, _ manifest: Manifest) throws -> Int {
        var place = 0
        for tensor in manifest.tensors {
            if tensor.name == name { return place }
            place += try tensor.stored().count
        }
        throw Failure("no tensor '\(name)'")
    }

    // Files that end too early. Without its whole seek table, 33 bytes, a packed one would be readable.
    static let cuts = containerCuts + shardCuts + streamCuts

    private static let forms: [(String, KeyPath<Made, String> & Sendable)] = [("raw", \.raw), ("packed", \.packed)]

    private static func cut(_ bytes: [UInt8], at count: Int) -> [UInt8] { Array(count < 0 ? bytes.dropLast(-count) : bytes.prefix(count)) }

    private static let containerCuts: [BadInput] = [0, 1, 4, 7, 8, 9, 100, 5_000, 30_000, 100_000, 300_000, -1_000, -34, -32, -1].flatMap { count in
        forms.flatMap { form, path in
            container("\(form), cut at \(count)", "x'") { cut(try bytes(of: Made.tiny[keyPath: path]), at: count) }
        }
    }

    private static let shardCuts: [BadInput] = [0, 7, 8, 100, 3_000, -1].flatMap { count in
        ["infer", "quantize"].map { program in
            BadInput("\(program): a shard cut at \(count)", program, "model-00003-of-00005.safetensors'") { scratch in
                let folder = try scratch.copy(of: Golden.named("mmfree-tiny-bf16-sharded").model, as: "model")
                let name = "model-00003-of-00005.safetensors"
                try scratch.write("model/\(name)", cut(bytes(of: "\(folder)/\(name)"), at: count))
                return [folder] + (program == "infer" ? ["hello"] : ["-o", scratch.file("out/there")])
            }
        }
    }

    private static let streamCuts: [BadInput] = forms.flatMap { form, path in
        [
            BadInput("pack: a cut \(form) stream", "pack", "standard input", input: cutStream(path)) {
                ["--unpack", "-o", $0.file("out/x")]
            },
            BadInput("infer: a cut \(form) stream", "infer", "standard input", input: cutStream(path)) { _ in
                ["-", "x"]
            },
        ]
    }

    private static func cutStream(_ form: KeyPath<Made, String>) -> ProgramInput {
        .bytes((try? bytes(of: Made.tiny[keyPath: form]).dropLast(9_000)) ?? [])
    }

    private static func manifest(
        _ what: String, _ fact: String, _ change: @escaping @Sendable (inout JSONObject, Scratch) throws -> Void
    ) -> [BadInput] {
        ["infer", "quantize"].map { program in
            BadInput("\(program): a manifest \(what)", program, fact) { scratch in
                let made = try Made.tiny
                try scratch.write("mmfree-tiny-opts.tern", bytes(of: made.packed))
                var object = try require(JSON(parsing: bytes(of: made.manifest)).objectValue)
                try change(&object, scratch)
                let path = try scratch.write("m.json", JSON.object(object).compact)
                return [path] + (program == "infer" ? ["hello"] : ["-o", scratch.file("out/there")])
            }
        }
    }

    private static func part(_ path: String, _ root: String? = nil) throws -> JSON {
        let known = try JSON(parsing: bytes(of: Made.tiny.manifest))["parts"]?.arrayValue?.first?["root"]?.stringValue
        return [["path": .string(path), "root": .string(root ?? known ?? "")]]
    }

    // Manifest files.
    static let manifests: [BadInput] = [
        manifest("that leads out of its folder", "is not a path within the manifest's folder") { manifest, _ in
            manifest["parts"] = try part("../x.tern")
        },
        manifest("with an absolute path", "is not a path within the manifest's folder") { manifest, _ in
            manifest["parts"] = try part(Made.tiny.packed)
        },
        manifest("that leads out by a link", "is not a path within the manifest's folder") { manifest, scratch in
            symlink(try Made.tiny.packed, scratch.file("link.tern"))
            manifest["parts"] = try part("link.tern")
        },
        manifest("with a missing part", "no such file") { manifest, _ in manifest["parts"] = try part("none.tern") },
        manifest("with another digest", "part 'mmfree-tiny-opts.tern' has root") { manifest, _ in
            manifest["parts"] = try part("mmfree-tiny-opts.tern", String(repeating: "0", count: 64))
        },
        manifest("with a digest that is none", "m.json'") { manifest, _ in manifest["parts"] = try part("mmfree-tiny-opts.tern", "12") },
        manifest("that is a part of itself", "m.json'") { manifest, _ in manifest["parts"] = try part("m.json") },
        manifest("without parts", "without parts") { manifest, _ in manifest["parts"] = nil },
        manifest("of tomorrow", "version 99") { manifest, _ in manifest["version"] = 99 },
        manifest("of no format", "format") { manifest, _ in manifest["format"] = "x" },
        manifest("with too many tensors", "tensor") { manifest, _ in
            manifest["tensors"] = .array([["name": "more", "encoding": "dense", "element": "F32", "shape": [1]]])
        },
        manifest("with an unknown operation", "no operation 'magic'") { manifest, _ in
            manifest["graph"] = ["nodes": [["name": "x", "operation": "magic", "inputs": [], "attributes": [:]]]]
        },
        manifest("with a graph of other sizes", "m.json'") { manifest, _ in
            let attributes: JSON = ["table": "model.embeddings.weight", "vocabulary": 7, "width": 9]
            manifest["graph"] = ["nodes": [["name": "x", "operation": "embedding", "inputs": [], "attributes": attributes]]]
        },
    ].flatMap { $0 }

    private static func tokenizer(
        _ what: String, _ fact: String, _ change: @escaping @Sendable (inout [UInt8]) throws -> Void
    ) -> BadInput {
        BadInput("infer: a tokenizer \(what)", "infer", fact) { scratch in
            let folder = try scratch.copy(of: Made.tiny.folder, as: "model")
            var text = try bytes(of: folder + "/tokenizer.json")
            try change(&text)
            try scratch.write("model/tokenizer.json", text)
            return [folder, "hello"]
        }
    }

    /// Changes a member of the tokenizer's model.
    private static func model(_ key: String, _ change: @escaping @Sendable (JSON?) -> JSON?) -> @Sendable (inout [UInt8]) throws -> Void {
        { text in
            var object = try require(JSON(parsing: text).objectValue), model = try require(object["model"]?.objectValue)
            model[key] = change(model[key])
            object["model"] = .object(model)
            text = Array(JSON.object(object).compact.utf8)
        }
    }

    // Tokenizers.
    static let tokenizers: [BadInput] = [
        tokenizer("that is empty", "tokenizer.json'") { $0 = [] },
        tokenizer("cut short", "tokenizer.json'") { $0.removeLast(5_000) },
        tokenizer("that is no JSON", "tokenizer.json'") { $0 = Array("hello".utf8) },
        tokenizer("that is a nesting bomb", "tokenizer.json'") { $0 = [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20) },
        tokenizer("without a model", "tokenizer.json'") { $0 = Array("{}".utf8) },
        tokenizer("without merges", "merges", model("merges") { _ in nil }),
        tokenizer(
            "with a merge of tokens that are missing", "needs token", model("merges") { .array(($0?.arrayValue ?? []) + ["qqqq zzzz"]) }),
        tokenizer("with a merge of three", "merge 0", model("merges") { _ in ["a b c"] }),
        tokenizer("with a merge of none", "merge 0", model("merges") { _ in [7] }),
        tokenizer("without a vocabulary", "tokenizer.json'", model("vocab") { _ in nil }),
        tokenizer("with a negative token", "tokenizer.json'", model("vocab") { _ in ["a": -1] }),
        tokenizer("of a type that is unknown", "tokenizer.json'", model("type") { _ in "Magic" }),
    ]

    private static func state(
        _ what: String, _ fact: String, _ change: @escaping @Sendable (Scratch, [UInt8]) throws -> [UInt8]
    ) -> BadInput {
        BadInput("infer: a state \(what)", "infer", fact) { scratch in
            let path = scratch.file("state")
            try expectDone(run("infer", [Made.tiny.packed, "hello", "--max-tokens", "3", "--save-state", path]))
            try scratch.write("state", change(scratch, bytes(of: path)))
            return [try Made.tiny.packed, "more", "--load-state", path, "--save-state", scratch.file("out/there")]
        }
    }

    // Saved states.
    static let states: [BadInput] = [
        state("that is empty", "state'") { _, _ in [] },
        state("cut short", "state'") { Array($1.dropLast(4)) },
        state("with a byte more", "state'") { $1 + [0] },
        state("of another model", "was saved by another model") { scratch, _ in
            let path = scratch.file("other")
            try expectDone(run("infer", [Made.shakespeare.packed, "hello", "--max-tokens", "3", "--save-state", path]))
            return try bytes(of: path)
        },
        state("that is a model", "holds no saved state") { _, _ in try bytes(of: Made.tiny.raw) },
        state("without its tensors", "state'") { scratch, whole in
            try scratch.write("whole", whole)
            let metadata = try JSON(parsing: Array(whole[8..<8 + Int(whole[0]) + Int(whole[1]) << 8]))["__metadata__"]
            return safetensors(try tensors(in: scratch.file("whole")).dropLast(), metadata: metadata?.compact)
        },
        state("with too few tokens", "state'") { scratch, whole in
            try scratch.write("whole", whole)
            var all = try tensors(in: scratch.file("whole"))
            let metadata = try JSON(parsing: Array(whole[8..<8 + Int(whole[0]) + Int(whole[1]) << 8]))["__metadata__"]
            all[0].bytes.removeLast(4)
            all[0].shape[0] -= 1
            return safetensors(all, metadata: metadata?.compact)
        },
        BadInput("infer: a state that is not there", "infer", "no such file") {
            [try Made.tiny.packed, "x", "--load-state", $0.file("none")]
        },
    ]
}
