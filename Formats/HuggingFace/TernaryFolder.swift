import Basis
import Models
import Synchronization
import Tensors

/// A folder whose matrices are ternary already, as if it were a container: `X.weight`, packed or as floats -1, 0 and 1, becomes trit codes,
/// and `X.weight_scale` becomes `X.weight.scale`, float32, right behind them.
///
/// AutoBitLinear adds the bias before it multiplies by the scale, everybody else afterwards: that bias is multiplied here.
final class TernaryFolder: TensorSource, HashedInputs {
    let entries: [TensorEntry]
    let isConcurrent = true
    private let folder: HuggingFaceFolder
    private let parts: [Part]
    private let threads: ThreadPool
    /// Scales have been read by then: only the hashes still have to see them, in their place.
    private let scales: Set<Int>
    /// The stored tensor that comes next; nil while nothing is hashed.
    private let awaited = Mutex<Int?>(nil)

    private enum Part {
        case same(Int)
        case trits(Int, Weight)
        case bias(Int, Float)
        case scale(Float)

        /// The stored tensor that is read for it.
        var stored: Int? {
            switch self {
            case .same(let stored), .trits(let stored, _), .bias(let stored, _): stored
            case .scale: nil
            }
        }
    }

    private static let scaleSuffix = "_scale"

    init(_ folder: HuggingFaceFolder, _ rule: PackingRule, _ threads: ThreadPool) throws {
        (self.folder, self.threads) = (folder, threads)
        let stored = folder.entries, positions = Dictionary(stored.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let scaled = stored.indices.filter { stored[$0].name.hasSuffix(".weight" + Self.scaleSuffix) }
        var found: [String: Float] = [:], entries: [TensorEntry] = [], parts: [Part] = []
        for index in scaled {
            let matrix = String(stored[index].name.dropLast(Self.scaleSuffix.count))
            guard positions[matrix] != nil else { throw Failure("tensor '\(stored[index].name)' is there without '\(matrix)'") }
            guard positions[matrix + ".scale"] == nil else { throw Failure("tensor '\(matrix)' has two scales") }
            found[matrix] = try placing("tensor '\(stored[index].name)'") { try rule.scale(Self.number(folder, index)) }
        }
        scales = Set(scaled)
        for index in stored.indices where !scales.contains(index) {
            for (entry, part) in try Self.parts(stored[index], index, found, rule) {
                entries.append(entry)
                parts.append(part)
            }
        }
        (self.entries, self.parts) = (entries, parts)
    }

    private static func number(_ folder: HuggingFaceFolder, _ index: Int) throws -> Float {
        let entry = folder.entries[index]
        guard entry.element.isFloat, entry.elementCount == 1 else {
            throw Failure("has \(entry.elementCount) elements of type \(entry.element.rawValue), expected one float")
        }
        return try folder.withBytes(index) { Kernels.best.floats($0, element: entry.element)?.first } ?? .nan
    }

    /// What becomes of a stored tensor.
    private static func parts(
        _ entry: TensorEntry, _ index: Int, _ scales: [String: Float], _ rule: PackingRule
    ) throws -> [(TensorEntry, Part)] {
        if let scale = scales[entry.name] { return try placing("tensor '\(entry.name)'") { try matrix(entry, index, scale) } }
        if rule.multiplies, entry.name.hasSuffix(".bias"), let scale = scales[entry.name.dropLast("bias".count) + "weight"] {
            return [(try TensorEntry(name: entry.name, element: .float32, shape: entry.shape), .bias(index, scale))]
        }
        guard entry.element != .uint8 || !entry.name.hasSuffix(".weight") else {
            throw Failure("tensor '\(entry.name)' is packed and has no '\(entry.name + scaleSuffix)'")
        }
        return [(entry, .same(index))]
    }

    private static func matrix(_ entry: TensorEntry, _ index: Int, _ scale: Float) throws -> [(TensorEntry, Part)] {
        guard entry.shape.count == 2, entry.elementCount > 0 else { throw Failure("has shape \(entry.shape), expected a matrix") }
        let isPacked = entry.element == .uint8
        guard isPacked || entry.element.isFloat else { throw Failure("has elements of type \(entry.element.rawValue), expected trits") }
        let (rows, overflow) = entry.shape[0].multipliedReportingOverflow(by: isPacked ? 4 : 1)
        guard !overflow else { throw Failure("has shape \(entry.shape), too many rows") }
        let weight = Weight(entry.name, shape: [rows, entry.shape[1]], kind: .ternary)
        return [
            (try TensorEntry(name: weight.name, element: .uint8, shape: weight.codeShape), .trits(index, weight)),
            (try TensorEntry(name: weight.scaleName, element: .float32, shape: [1]), .scale(scale)),
        ]
    }

    func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard buffer.count == entries[index].byteCount else {
            throw Failure("a buffer of \(buffer.count) bytes for \(entries[index].byteCount)")
        }
        if let stored = parts[index].stored { try hashScales(before: stored) }
        switch parts[index] {
        case .same(let stored): try folder.read(stored, into: buffer)
        case .scale(let scale): buffer.storeBytes(of: scale, as: Float.self)
        case .bias(let stored, let scale): try readBias(stored, scale, into: buffer)
        case .trits(let stored, let weight):
            try placing("tensor '\(weight.name)'") {
                try readTrits(stored, weight, into: buffer)
                try Trits.validate(UnsafeRawBufferPointer(buffer), rows: weight.rows, width: weight.columns)
            }
        }
    }

    private func readTrits(_ stored: Int, _ weight: Weight, into buffer: UnsafeMutableRawBufferPointer) throws {
        let element = folder.entries[stored].element
        try folder.withBytes(stored) { bytes in
            if element == .uint8 { return QuarteredTrits.regroup(bytes, columns: weight.columns, into: buffer, threads) }
            let matrix = try FloatMatrix(rows: weight.rows, columns: weight.columns, element: element, bytes: bytes)
            try TernaryFloats.pack(matrix, into: buffer, threads)
        }
    }

    private func readBias(_ stored: Int, _ scale: Float, into buffer: UnsafeMutableRawBufferPointer) throws {
        let entry = folder.entries[stored]
        let values = try folder.withBytes(stored) { Kernels.best.floats($0, element: entry.element) }
        guard let values else { throw Failure("tensor '\(entry.name)' has elements of type \(entry.element.rawValue), expected floats") }
        buffer.copyBytes(from: values.map { ($0 * scale).bitPattern.littleEndian }.withUnsafeBytes { Array($0) })
    }
}

// Hashing: the folder's tensors have to be read in the order in which they are stored.
extension TernaryFolder {
    var inputs: [HashedInput] { folder.inputs }

    func startHashing() throws {
        try folder.startHashing()
        awaited.withLock { $0 = 0 }
    }

    func digests() throws -> [Digest]? {
        try hashScales(before: folder.entries.count)
        awaited.withLock { $0 = nil }
        return try folder.digests()
    }

    private func hashScales(before stored: Int) throws {
        try awaited.withLock { next in
            guard let first = next, first <= stored else { return }
            for index in first..<stored where scales.contains(index) { try folder.withBytes(index) { _ in } }
            next = stored
        }
    }
}
