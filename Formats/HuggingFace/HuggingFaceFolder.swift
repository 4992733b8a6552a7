import Basis
import Models
import Safetensors
import Tensors

/// A model as Hugging Face keeps it: a folder with `config.json`, tokenizer files and safetensors, in one file or in shards.
///
/// Its tensors are read with positioned reads, so that a model larger than memory never counts as this program's memory.
public final class HuggingFaceFolder: TensorSource, HashedInputs {
    public let path: String
    public let config: JSON
    /// The small files of the model, byte for byte, `config.json` first.
    public let files: [SmallFile]
    /// Shards in the order of their names.
    public let shards: [Shard]
    public let entries: [TensorEntry]
    public let isConcurrent = true
    private let places: [Place]

    private struct Place {
        let shard: Int
        let index: Int
    }

    public init(_ path: String) throws {
        self.path = path
        let files = try HuggingFaceFolder.smallFiles(in: path)
        config = try naming("\(path)/config.json") { try JSON(parsing: files.first?.bytes ?? []) }
        self.files = files
        let index = try ShardIndex.of(path)
        let shards = try index.shards.map { try Shard("\(path)/\($0)", name: $0) }
        try naming(path) { try index.check(shards) }
        self.shards = shards
        entries = shards.flatMap(\.entries)
        places = shards.indices.flatMap { shard in shards[shard].entries.indices.map { Place(shard: shard, index: $0) } }
    }

    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try shards[places[index].shard].read(places[index].index, into: buffer)
    }

    public var inputs: [HashedInput] { shards.map { HashedInput(name: $0.name, byteCount: $0.byteCount) } }

    public func startHashing() throws { for shard in shards { try shard.startHashing() } }

    public func digests() throws -> [Digest]? {
        let digests = try shards.map { try $0.digest() }
        return digests.contains(nil) ? nil : digests.compactMap { $0 }
    }

    /// The bytes of the small file `name`; nil if the folder has none.
    public func file(_ name: String) -> [UInt8]? { files.first { $0.name == name }?.bytes }

    /// The licence that the model card's front matter names (`license: apache-2.0` in README.md), if there is one.
    public var licence: String? { try? ModelCard.licence("\(path)/README.md") }
}

extension HuggingFaceFolder {
    /// What travels with a model besides its weights: text of which programs may need every byte.
    public static let smallFileNames = [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", "vocab.json", "merges.txt", "chat_template.jinja", "chat_template.json", "tokenizer.model",
    ]
    static let smallFileLimit = 128 << 20

    private static func smallFiles(in path: String) throws -> [SmallFile] {
        var files: [SmallFile] = []
        for name in smallFileNames {
            guard name == "config.json" || exists("\(path)/\(name)") else { continue }
            files.append(SmallFile(name: name, bytes: try MappedFile.contents("\(path)/\(name)", limit: smallFileLimit)))
        }
        return files
    }
}
