import Basis
import Glibc
import HuggingFace
import Safetensors
import Tensors
import TestFiles
import Testing

private func shard(_ names: [String], seed: UInt8) throws -> [UInt8] {
    try written(names.enumerated().map { index, name in
        (try TensorEntry(name: name, element: .uint8, shape: [3]), [seed, UInt8(index), 7])
    })
}

/// A folder with these files.
private func folder(_ scratch: Scratch, _ files: [(String, [UInt8])], config: String? = "{\"model_type\": \"x\"}") throws -> String {
    let path = scratch.folder("model")
    if let config { _ = try scratch.write("model/config.json", config) }
    for (name, bytes) in files { _ = try scratch.write("model/\(name)", bytes) }
    return path
}

private func index(_ map: String) -> (String, [UInt8]) {
    ("model.safetensors.index.json", Array("{\"metadata\": {\"total_size\": 9}, \"weight_map\": \(map)}".utf8))
}

@Suite struct HuggingFaceTests {
    @Test func `a folder with one file gives its tensors and its small files byte for byte`() throws {
        let scratch = try Scratch()
        let file = try shard(["b", "a"], seed: 1)
        let path = try folder(scratch, [("model.safetensors", file), ("tokenizer.json", Array("{ }\n".utf8)), ("secret.txt", [1])])
        let model = try HuggingFaceFolder(path)
        #expect(model.config["model_type"] == "x")
        #expect(model.files.map(\.name) == ["config.json", "tokenizer.json"])
        #expect(model.file("tokenizer.json") == Array("{ }\n".utf8))
        #expect(model.entries.map(\.name) == ["b", "a"])
        #expect(try model.contents() == [[1, 0, 7], [1, 1, 7]])
        #expect(model.licence == nil)
    }

    @Test func `shards come in the order of their names, and are hashed in passing`() throws {
        let scratch = try Scratch()
        let shards = [try shard(["c"], seed: 1), try shard(["a", "b"], seed: 2)]
        let path = try folder(scratch, [
            ("m-2.safetensors", shards[1]), ("m-1.safetensors", shards[0]),
            index(#"{"a": "m-2.safetensors", "b": "m-2.safetensors", "c": "m-1.safetensors"}"#),
        ])
        let model = try HuggingFaceFolder(path)
        #expect(model.entries.map(\.name) == ["c", "a", "b"])
        try model.shards.forEach { try $0.startHashing() }
        #expect(try model.contents() == [[1, 0, 7], [2, 0, 7], [2, 1, 7]])
        #expect(model.shards.map(\.byteCount) == shards.map(\.count))
        #expect(try model.shards.map { try $0.digest() } == shards.map { try SHA256.digest(of: $0) })
        try model.shards.forEach { try $0.startHashing() }
        #expect(try model.shards[0].digest() == nil)
    }

    @Test func `the model card's licence is known`() throws {
        let scratch = try Scratch()
        let path = try folder(scratch, [("model.safetensors", try shard(["a"], seed: 1))])
        let model = try HuggingFaceFolder(path)
        _ = try scratch.write("model/README.md", "---\r\nlanguage: en\r\nlicense: 'apache-2.0'\r\n---\r\nlicense: mit\n")
        #expect(model.licence == "apache-2.0")
        _ = try scratch.write("model/README.md", "---\na: b\n---\nlicense: mit\n")
        #expect(model.licence == nil)
    }

    static let hostile: [(String, String, String)] = [
        ("a path out of the folder", #"{"a": "../m.safetensors"}"#, "no file name within the folder"),
        ("an absolute path", #"{"a": "/etc/passwd.safetensors"}"#, "no file name within the folder"),
        ("a hidden file", #"{"a": ".m.safetensors"}"#, "no file name within the folder"),
        ("another kind of file", #"{"a": "config.json"}"#, "no file name within the folder"),
        ("a NUL", #"{"a": "m\u0000.safetensors"}"#, "no file name within the folder"),
        ("no name", #"{"a": 1}"#, "tensor 'a' has no shard"),
        ("no tensors", "{}", "the weight_map is empty"),
        ("no map", "[]", "no weight_map"),
        ("a key twice", #"{"a": "m.safetensors", "a": "m.safetensors"}"#, "occurs twice"),
        ("a missing shard", #"{"a": "m.safetensors", "b": "n.safetensors"}"#, "n.safetensors': no such file or directory"),
        (
            "a missing tensor",
            #"{"a": "m.safetensors", "b": "m.safetensors"}"#,
            "tensor 'b' is not in 'm.safetensors', where the index says"
        ),
        (
            "a tensor in two shards",
            #"{"a": "m.safetensors", "x": "o.safetensors"}"#,
            "tensor 'a' occurs in 'm.safetensors' and in 'o.safetensors'"
        ),
        ("a tensor not in the index", #"{"x": "p.safetensors"}"#, "tensor 'y' of 'p.safetensors' is not in the index"),
    ]

    @Test(arguments: hostile.indices) func `a bad index is refused with its reason`(number: Int) throws {
        let scratch = try Scratch()
        let (what, map, reason) = Self.hostile[number]
        let path = try folder(scratch, [
            ("m.safetensors", try shard(["a"], seed: 1)), ("o.safetensors", try shard(["x", "a"], seed: 1)),
            ("p.safetensors", try shard(["x", "y"], seed: 1)), index(map),
        ])
        let told = fact { _ = try HuggingFaceFolder(path) }
        #expect(told.contains(reason), "\(what): \(told)")
    }

    @Test func `a folder that is no model says what it lacks`() throws {
        let scratch = try Scratch()
        let bare = try folder(scratch, [])
        #expect(fact { _ = try HuggingFaceFolder(bare) } == "'\(bare)' has neither model.safetensors nor model.safetensors.index.json")
        unlink("\(bare)/config.json")
        #expect(fact { _ = try HuggingFaceFolder(bare) } == "cannot open '\(bare)/config.json': no such file or directory")
        _ = try scratch.write("model/config.json", "{")
        #expect(fact { _ = try HuggingFaceFolder(bare) }.hasPrefix("'\(bare)/config.json': bad JSON at byte 1"))
    }

    @Test func `the local cache is looked up by reference`() throws {
        let scratch = try Scratch()
        setenv("HF_HUB_CACHE", scratch.path, 1)
        defer { unsetenv("HF_HUB_CACHE") }
        for name in ["", "/refs", "/snapshots", "/snapshots/abc"] { _ = scratch.folder("models--o--n" + name) }
        _ = try scratch.write("models--o--n/refs/main", "abc\n")
        _ = try scratch.write("models--o--n/refs/evil", "../../..\n")
        let snapshot = "\(scratch.path)/models--o--n/snapshots/abc"
        #expect(try HuggingFaceCache.folder("hf:o/n") == snapshot)
        #expect(try HuggingFaceCache.folder("hf:o/n@main") == snapshot)
        #expect(try HuggingFaceCache.folder("hf:o/n@abc") == snapshot)
        #expect(fact { _ = try HuggingFaceCache.folder("hf:o/n@evil") }.hasSuffix("has no revision 'evil'"))
        #expect(fact { _ = try HuggingFaceCache.folder("hf:o/m") }.hasPrefix("cannot find 'hf:o/m' in the local cache"))
        for bad in ["hf:", "hf:../n", "hf:o/..", "hf:a/b/c", "hf:o/n@", "hf:o/n@../x", "hf:o//n"] {
            #expect(fact { _ = try HuggingFaceCache.folder(bad) }.contains("is not of the form"), "\(bad)")
        }
    }
}
