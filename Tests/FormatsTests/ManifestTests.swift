import Basis
import Glibc
import Tensors
import Tern
import TestFiles
import Testing

@Suite struct ManifestTests {
    private static func parsed(_ text: String) throws -> Manifest { try Manifest(parsing: Array(text.utf8)) }

    @Test func `a manifest's text is read back the same, unknown members too`() throws {
        var manifest = TinyModel().manifest
        manifest.licence = "apache-2.0"
        manifest.history[0].inputs[0].digest = .row(5)
        manifest.history[0].inputs.append(Manifest.Input(name: "b", bytes: 0, digest: .known(try SHA256.digest(of: []))))
        manifest.parts = [Manifest.Part(path: "a/b.tern", root: try SHA256.digest(of: [1]))]
        manifest.other = ["notes": ["x", 1, .null]]
        #expect(try Manifest(manifest.json) == manifest)
        #expect(try Self.parsed(manifest.json.pretty) == manifest)
    }

    static let hostile: [(String, String)] = [
        ("", "bad JSON at byte 0"),
        ("[]", "format is not 'tern'"),
        (#"{"format":"tern","name":"n","family":"f"}"#, "has version none"),
        (#"{"format":"tern","version":1.0,"name":"n","family":"f"}"#, "has version 1.0"),
        (#"{"format":"tern","version":1,"family":"f"}"#, "the manifest has no name"),
        (#"{"format":"tern","version":1,"name":"n"}"#, "the manifest has no family"),
        (#"{"format":"tern","version":1,"name":"n","name":"n","family":"f"}"#, "key 'name' occurs twice"),
        (with(#""tensors":{}"#), "tensors of the manifest is not an array"),
        (with(#""tensors":[{"name":"w","encoding":"vectors","shape":[1]}]"#), "encoding 'vectors', which is not supported"),
        (with(#""tensors":[{"name":"w","encoding":"planes","shape":[4,4]}]"#), "planes and has no number of planes"),
        (with(#""tensors":[{"name":"w","encoding":"planes","planes":4,"shape":[4,4]}]"#), "no proper planes: 1 to 3"),
        (with(#""tensors":[{"name":"w","encoding":"planes","planes":1,"free":true,"shape":[4,4]}]"#), "no proper planes"),
        (with(#""tensors":[{"name":"w","encoding":"planes","planes":2,"shift":1,"shape":[4,4]}]"#), "is not true or false"),
        (with(#""tensors":[{"name":"w","encoding":"planes","planes":2,"shape":[4]}]"#), "impossible shape"),
        (with(#""tensors":[{"name":"w","encoding":"trits","planes":2,"shape":[4,4]}]"#), "trits and has planes"),
        (with(#""tensors":[{"name":"w","encoding":"trits","shape":[]}]"#), "impossible shape"),
        (with(#""tensors":[{"name":"w","encoding":"trits","shape":[-1]}]"#), "no proper shape"),
        (with(#""tensors":[{"name":"w","encoding":"trits","shape":[9223372036854775807,9223372036854775807]}]"#), "impossible shape"),
        (with(#""tensors":[{"name":"w","encoding":"trits","element":"F32","shape":[1]}]"#), "is trits and has an element type"),
        (with(#""tensors":[{"name":"w","encoding":"dense","element":"F64","shape":[1]}]"#), "element type 'F64', which is not supported"),
        (with(#""tensors":[{"name":"w","encoding":"dense","element":"F32","shape":[1],"code":"x"}]"#), "unknown member 'code'"),
        (
            with(#""history":[{"tool":"t","version":"1","inputs":[{"name":"i","bytes":-1,"row":0}]}]"#),
            "bytes of an input of the history is not a count"
        ),
        (with(#""history":[{"tool":"t","version":"1","inputs":[{"name":"i","bytes":1,"sha256":"0"}]}]"#), "is not a digest"),
        (with(#""parts":[{"path":"p","root":"0"}]"#), "root of part 'p' is not a digest"),
        (#"{"format":"tern","version":1,"name":"n","family":"f","x":"# + String(repeating: "[", count: 1000), "nested more than"),
    ]

    /// A manifest that is well but for this member.
    private static func with(_ member: String) -> String {
        #"{"format":"tern","version":1,"name":"n","family":"f","# + member + "}"
    }

    @Test(arguments: hostile.indices) func `a bad manifest is refused with its reason`(number: Int) throws {
        let (text, reason) = Self.hostile[number]
        let told = fact { _ = try Self.parsed(text) }
        #expect(told.contains(reason), "\(told)")
    }

    /// A base, and a part that replaces its ternary tensor by a dense one and its configuration.
    private static func base(_ scratch: Scratch) throws -> (TinyModel, change: TinyModel) {
        let base = TinyModel()
        var change = TinyModel()
        change.manifest.tensors = [Manifest.Tensor(name: "w", encoding: .dense(.uint8), shape: [3])]
        change.stored = [[7, 8, 9]]
        change.files = [SmallFile(name: "config.json", bytes: [1]), SmallFile(name: "new.txt", bytes: [2])]
        _ = scratch.folder("sub")
        _ = try scratch.write("base.tern", packed(base.raw()))
        _ = try scratch.write("sub/change", change.raw())
        return (base, change)
    }

    @Test func `a manifest file joins its parts, later over earlier`() throws {
        let scratch = try Scratch()
        let (base, change) = try Self.base(scratch)
        var manifest = Manifest(name: "joined", family: "none")
        manifest.parts = [
            Manifest.Part(path: "base.tern", root: try base.root()), Manifest.Part(path: "sub/change", root: try change.root()),
        ]
        let path = try scratch.write("model.json", manifest.json.pretty)
        let container = try TernContainer(path)
        #expect(container.manifest.name == "joined")
        #expect(container.manifest.tensors == [change.manifest.tensors[0], base.manifest.tensors[1]])
        #expect(container.manifest.graph == base.manifest.graph)
        #expect(container.tensors.entries.map(\.name) == ["w", "norm"])
        #expect(try container.tensors.contents() == [[7, 8, 9], base.stored[2]])
        #expect(container.files == [SmallFile(name: "config.json", bytes: [1]), SmallFile(name: "new.txt", bytes: [2])])
        #expect(TernContainer.verify(path, ThreadPool(threads: 1)).isEmpty)
        var damaged = try change.raw()
        damaged[damaged.count - 200] ^= 1
        _ = try scratch.write("sub/change", damaged)
        #expect(!TernContainer.verify(path, ThreadPool(threads: 1)).isEmpty)
    }

    @Test func `a part is what the manifest means, and within its folder`() throws {
        let scratch = try Scratch()
        let (base, _) = try Self.base(scratch)
        _ = try scratch.write("outside.tern", base.raw())
        symlink("../outside.tern", "\(scratch.path)/sub/link.tern")
        symlink("change", "\(scratch.path)/sub/inner.tern")
        func told(_ path: String, _ root: Digest) throws -> String {
            var manifest = Manifest(name: "n", family: "f")
            manifest.parts = [Manifest.Part(path: path, root: root)]
            let file = try scratch.write("sub/model.json", manifest.json.compact)
            return fact { _ = try TernContainer(file) }
        }
        let root = try base.root()
        for path in ["../outside.tern", "/etc/passwd", "link.tern", "a/../../outside.tern", ""] {
            #expect(try told(path, root).contains("is not a path within the manifest's folder"), "\(path)")
        }
        #expect(try told("missing", root).hasSuffix("no such file or directory"))
        #expect(try told("change", root).contains("part 'change' has root"))
        #expect(try told("inner.tern", Self.base(scratch).change.root()) == "no failure")
        #expect(try told("model.json", root).contains("which only a file can be"))
    }
}
