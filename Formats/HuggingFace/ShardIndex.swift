import Basis
import Glibc
import Tensors

func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Which tensors lie in which shard: `model.safetensors.index.json`, or the one file that needs no index.
struct ShardIndex {
    static let fileName = "model.safetensors.index.json"
    static let limit = 64 << 20

    /// File names, sorted.
    let shards: [String]
    /// Tensor to shard; nil where a single file says all.
    let shardOf: [String: String]?

    static func of(_ folder: String) throws -> ShardIndex {
        let index = "\(folder)/\(fileName)"
        if exists(index) { return try naming(index) { try ShardIndex(parsing: MappedFile.contents(index, limit: limit)) } }
        guard exists("\(folder)/model.safetensors") else {
            throw Failure("'\(folder)' has neither model.safetensors nor \(fileName)")
        }
        return ShardIndex(shards: ["model.safetensors"], shardOf: nil)
    }

    private init(shards: [String], shardOf: [String: String]?) { (self.shards, self.shardOf) = (shards, shardOf) }

    init(parsing text: [UInt8]) throws {
        guard let map = try JSON(parsing: text)["weight_map"]?.objectValue else { throw Failure("no weight_map") }
        var shardOf: [String: String] = [:]
        for member in map.members {
            guard let shard = member.value.stringValue else { throw Failure("tensor '\(member.key)' has no shard") }
            guard ShardIndex.isPlain(shard) else {
                throw Failure("tensor '\(member.key)' lies in '\(shard)', which is no file name within the folder")
            }
            shardOf[member.key] = shard
        }
        guard !shardOf.isEmpty else { throw Failure("the weight_map is empty") }
        self.init(shards: Set(shardOf.values).sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }, shardOf: shardOf)
    }

    /// A name that leads nowhere but to a file of the folder itself.
    private static func isPlain(_ name: String) -> Bool {
        !name.utf8.contains(UInt8(ascii: "/")) && !name.utf8.contains(0) && name.hasSuffix(".safetensors") && !name.hasPrefix(".")
    }

    /// Each tensor is in the one shard that the index names, and in no other.
    func check(_ shards: [Shard]) throws {
        var seen: [String: String] = [:]
        for shard in shards {
            for entry in shard.entries {
                if let other = seen.updateValue(shard.name, forKey: entry.name) {
                    throw Failure("tensor '\(entry.name)' occurs in '\(other)' and in '\(shard.name)'")
                }
                guard shardOf == nil || shardOf?[entry.name] == shard.name else {
                    throw Failure("tensor '\(entry.name)' of '\(shard.name)' is not in the index")
                }
            }
        }
        for (tensor, shard) in (shardOf ?? [:]).sorted(by: { $0.key < $1.key }) where seen[tensor] == nil {
            throw Failure("tensor '\(tensor)' is not in '\(shard)', where the index says")
        }
    }
}
