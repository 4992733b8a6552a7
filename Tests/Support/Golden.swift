import Basis
import Catalog
import Glibc
import Models
import Safetensors
import Tensors
import TestFiles

/// What an original implementation computes for one model: numbers recorded in `golden.json` and `golden.safetensors`.
public struct Golden: Sendable, CustomStringConvertible {
    public let name: String
    /// The folder with the checkpoint.
    public let model: String
    public let json: JSON
    /// Whether the model has quantisers.
    public let rounds: Bool
    private let file: SafetensorsFile

    public var description: String { name }

    /// A folder of recorded numbers; nil for one that records something else, `mark` being absent, or a model of a family that we do not
    /// have.
    init?(_ folder: String, mark: String = "strict_input_ids") throws {
        guard access("\(folder)/golden.safetensors", F_OK) == 0 else { return nil }
        name = folder.split(separator: "/").last.map(String.init) ?? folder
        model = folder
        json = try JSON(parsing: MappedFile.contents("\(folder)/golden.json"))
        guard json[mark] != nil, let config = try? JSON(parsing: MappedFile.contents("\(model)/config.json")),
            let family = Catalog.family(of: config)
        else { return nil }
        rounds = family.quantiser != nil
        file = try SafetensorsFile(MappedFile("\(folder)/golden.safetensors"))
    }

    /// Folders of numbers of any kind: those under Tests/Golden, and those under the folder that TERN_GOLDEN names, if it is set.
    public static let folders: [String] = {
        var folders = ["\(Programs.package)/Tests/Golden"]
        if let more = getenv("TERN_GOLDEN") { folders.append(String(cString: more)) }
        return folders.flatMap { folder in names(in: folder).map { "\(folder)/\($0)" } }
    }()

    /// Those of them that this reads.
    public static let all: [Golden] = folders.compactMap { try? Golden($0) }

    /// Those of models that learn while they read; nothing is rounded in them, so they have no strict prompt.
    public static let learners: [Golden] = folders.compactMap { try? Golden($0, mark: "decode_primal_vs_dual") }

    /// Those that come with the project.
    public static func named(_ name: String) throws -> Golden {
        guard let golden = all.first(where: { $0.name == name }) else { throw Failure("no golden numbers '\(name)'") }
        return golden
    }

    public var keys: [String] { file.entries.map(\.name) }
    public func has(_ key: String) -> Bool { file.index(of: key) != nil }
    public func entry(_ key: String) throws -> TensorEntry { file.entries[try index(key)] }

    private func index(_ key: String) throws -> Int {
        guard let index = file.index(of: key) else { throw Failure("'\(name)' records no '\(key)'") }
        return index
    }

    /// A float32 tensor, flat.
    public func floats(_ key: String) throws -> [Float] {
        try file.withBytes(index(key)) { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    /// A float32 matrix, row by row.
    public func rows(_ key: String) throws -> [[Float]] {
        let width = try entry(key).shape.last ?? 1
        return try chunks(floats(key), of: width)
    }

    public func tokens(_ key: String) throws -> [Int32] {
        try file.withBytes(index(key)) { bytes in
            (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
        }
    }

    public func bytes(_ key: String) throws -> [Int8] { try file.withBytes(index(key)) { $0.map { Int8(bitPattern: $0) } } }

    /// What greedy decoding of the main prompt gives, and by how much each token was ahead.
    public var greedy: [(token: Int32, margin: Double)] {
        let tokens = json["greedy_32"]?.arrayValue ?? [], margins = json["greedy_margins_top1_top2"]?.arrayValue ?? []
        return zip(tokens, margins).map { (Int32($0.intValue ?? -1), $1.doubleValue ?? 0) }
    }

    /// Whether `tokens` are what greedy decoding gives, up to the first step that was too close to call.
    public func agrees(with tokens: [Int32]) -> Bool {
        guard tokens.count == greedy.count else { return false }
        let first = zip(greedy, tokens).first { $0.token != $1 }
        return first.map { $0.0.margin < closeCall } ?? true
    }

    /// One flipped rounding of an activation moves logits by up to about a tenth; where nothing is quantised nothing flips.
    private var closeCall: Double { rounds ? 0.1 : 1e-3 }
}

public func chunks<Element>(_ flat: [Element], of width: Int) -> [[Element]] {
    stride(from: 0, to: flat.count, by: max(1, width)).map { Array(flat[$0..<min(flat.count, $0 + width)]) }
}

/// The largest and the mean difference; infinite where the sizes differ or a number is NaN.
public func difference(_ a: [Float], _ b: [Float]) -> (largest: Float, mean: Float) {
    guard a.count == b.count, !a.isEmpty else { return (.infinity, .infinity) }
    let differences = zip(a, b).map { abs($0 - $1) }
    guard differences.allSatisfy(\.isFinite) else { return (.infinity, .infinity) }
    return (differences.max() ?? 0, differences.reduce(0, +) / Float(a.count))
}

public func largestIndex(_ row: [Float]) -> Int {
    row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
}
