import Basis
import Tensors

/// What stands before the bytes of a safetensors file: eight bytes N (little-endian), then N bytes of JSON.
///
/// The format is that of https://github.com/huggingface/safetensors, read more strictly than the reference reader does: a key
/// that occurs twice and a field that the format does not name are refused as well.
public struct SafetensorsHeader: Hashable, Sendable {
    /// Bytes of JSON at most, as in the reference reader.
    public static let limit = 100_000_000
    static let metadataKey = "__metadata__"

    /// Strings only.
    public let metadata: JSONObject
    /// In the order of their bytes.
    public let entries: [TensorEntry]
    /// Where each tensor begins, counted from the end of the header; one more for the end of the last.
    public let offsets: [Int]

    /// Tensors that follow each other in the order given.
    public init(entries: [TensorEntry], metadata: JSONObject = JSONObject()) throws {
        for member in metadata.members {
            guard member.value.stringValue != nil else { throw Failure("metadata '\(member.key)' is not a string") }
        }
        (self.entries, self.metadata) = (entries, metadata)
        offsets = try SafetensorsHeader.offsets(entries)
        var names: Set<String> = [SafetensorsHeader.metadataKey]
        for entry in entries {
            guard names.insert(entry.name).inserted else { throw Failure("tensor '\(entry.name)' occurs twice") }
        }
    }

    /// Bytes of all tensors together.
    public var dataCount: Int { offsets.last ?? 0 }

    private static func offsets(_ entries: [TensorEntry]) throws -> [Int] {
        var offsets = [0]
        var end = 0
        for entry in entries {
            let (sum, overflow) = end.addingReportingOverflow(entry.byteCount)
            guard !overflow else { throw Failure("tensor '\(entry.name)' ends beyond what a file can hold") }
            offsets.append(sum)
            end = sum
        }
        return offsets
    }
}
