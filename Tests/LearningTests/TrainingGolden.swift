import Basis
import Glibc
import Learning
import Models
import Safetensors
import Support
import Tensors
import TestFiles

/// What PyTorch and the original code made of twenty steps of AdamW.
struct TrainingGolden: Sendable, CustomStringConvertible {
    let name: String
    let folder: String
    let json: JSON
    let file: SafetensorsFile

    var description: String { name }

    /// Those under Tests/Golden, and those under the folder that TERN_GOLDEN names, if it is set.
    static let all: [TrainingGolden] = {
        var folders = ["\(Programs.package)/Tests/Golden"]
        if let more = getenv("TERN_GOLDEN") { folders.append(String(cString: more)) }
        return folders.flatMap { folder in names(in: folder).compactMap { try? TrainingGolden("\(folder)/\($0)") } }
    }()

    private init?(_ folder: String) throws {
        json = try JSON(parsing: MappedFile.contents("\(folder)/golden.json"))
        guard json["kind"]?.stringValue == "training", let model = json["model"]?.stringValue else { return nil }
        name = folder.split(separator: "/").last.map(String.init) ?? folder
        self.folder = "\(folder)/../\(model)"
        file = try SafetensorsFile(MappedFile("\(folder)/golden.safetensors"))
    }

    func floats(_ key: String) throws -> [Float] {
        guard let index = file.index(of: key) else { throw Failure("'\(name)' records no '\(key)'") }
        return try file.withBytes(index) { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    /// The texts of each step.
    func batches() throws -> [[[Int32]]] {
        guard let index = file.index(of: "batches") else { throw Failure("'\(name)' records no batches") }
        let shape = file.entries[index].shape
        let tokens = try file.withBytes(index) { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
        return chunks(tokens, of: shape[1] * shape[2]).map { chunks($0, of: shape[2]) }
    }

    func numbers(_ key: String) -> [Double] { json[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }

    /// Of each tensor: a number.
    func table(_ key: String) -> [String: Double] {
        guard let object = json[key]?.objectValue else { return [:] }
        return Dictionary(uniqueKeysWithValues: object.keys.map { ($0, object[$0]?.doubleValue ?? .nan) })
    }

    func hyper(_ key: String) -> Double? { json["hyper"]?[key]?.doubleValue }
}
