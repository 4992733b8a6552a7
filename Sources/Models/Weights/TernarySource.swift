import Basis
import Tensors

/// A checkpoint in container form: matrices that the graph multiplies by become trit codes with a scale; tables, if that is asked for,
/// codes of integers with scales; everything else that it names stays as it is. The tensors come in the order in which the checkpoint
/// stores them, so that one pass over it is enough.
public final class TernarySource: TensorSource {
    public let entries: [TensorEntry]
    /// Tensors of the checkpoint that the graph has no use for.
    public let unused: [String]
    /// Told of each matrix that was made ternary, with its codes.
    public var report: ((Weight, FloatMatrix, QuantisedMatrix, UnsafeRawBufferPointer) throws -> Void)?
    private let origin: any TensorSource
    private let parts: [Part]
    private let quantiser: any Quantiser.Type
    private let kernels: Kernels
    private let threads: ThreadPool
    /// Reads tensors without a use as well, in their place, so that an origin that hashes what it reads sees every byte.
    public var readsUnused = false
    /// Stored tensors that have been passed.
    private var passed = 0
    private let input = TensorBuffer()
    /// The scales found so far, as their bytes, by the weight's name: codes come before their scales.
    private var scales: [String: [UInt8]] = [:]

    private enum Part {
        case same(Int)
        case codes(Weight, Int)
        case integers(Weight, IntegerBits, Int)
        /// Of codes, or of integers.
        case scale(Weight, IntegerBits?, Int)

        /// The stored tensor that it comes from.
        var stored: Int {
            switch self {
            case .same(let stored), .codes(_, let stored), .integers(_, _, let stored), .scale(_, _, let stored): stored
            }
        }
    }

    /// `tables` says in how many bits tables of floats are kept; nil leaves them as they are.
    public init(
        _ origin: any TensorSource, graph: Graph, quantiser: any Quantiser.Type, tables: IntegerBits? = nil, kernels: Kernels,
        threads: ThreadPool
    ) throws {
        (self.origin, self.quantiser, self.kernels, self.threads) = (origin, quantiser, kernels, threads)
        let plan = try TernarySource.plan(origin.entries, graph, tables)
        (parts, entries, unused) = (plan.parts, plan.entries, plan.unused)
    }

    private static func plan(_ stored: [TensorEntry], _ graph: Graph, _ tables: IntegerBits?) throws -> (
        parts: [Part], entries: [TensorEntry], unused: [String]
    ) {
        let names = Set(stored.map(\.name))
        var wanted: [String: [Weight]] = [:], parts: [Part] = [], entries: [TensorEntry] = [], unused: [String] = []
        for weight in graph.weights {
            let source = names.contains(weight.name) ? weight.name : weight.source
            guard names.contains(source) else { throw Failure("tensor '\(weight.name)' is missing") }
            wanted[source, default: []].append(weight)
        }
        for (index, entry) in stored.enumerated() {
            let weights = wanted[entry.name] ?? []
            for weight in weights {
                try placing("tensor '\(entry.name)'") { try add(weight, entry, index, names, tables, &parts, &entries) }
            }
            if weights.isEmpty { try passOn(entry, index, wanted, &parts, &entries, &unused) }
        }
        return (parts, entries, unused)
    }

    private static func add(
        _ weight: Weight, _ entry: TensorEntry, _ index: Int, _ names: Set<String>, _ tables: IntegerBits?, _ parts: inout [Part],
        _ entries: inout [TensorEntry]
    ) throws {
        if weight.kind == .ternary, !(entry.element == .uint8 && names.contains(weight.scaleName)) {
            try weight.check(entry, element: nil, shape: weight.shape)
            parts += [.codes(weight, index), .scale(weight, nil, index)]
            entries.append(try TensorEntry(name: weight.name, element: .uint8, shape: weight.codeShape))
            entries.append(try TensorEntry(name: weight.scaleName, element: .float32, shape: [1]))
        } else if let tables, weight.kind == .table, entry.element.isFloat {
            try weight.check(entry, element: nil, shape: weight.shape)
            parts += [.integers(weight, tables, index), .scale(weight, tables, index)]
            entries.append(try TensorEntry(name: weight.name, element: .uint8, shape: weight.integerShape(tables)))
            entries.append(try TensorEntry(name: weight.scaleName, element: .float16, shape: weight.integerScaleShape))
        } else {
            if weight.kind == .ternary {
                try weight.check(entry, element: .uint8, shape: weight.codeShape)
            } else if weight.kind == .table, entry.element == .uint8 {
                // Integers already, which whoever loads them looks at.
            } else {
                try weight.check(entry, element: nil, shape: weight.shape)
            }
            parts.append(.same(index))
            entries.append(entry)
        }
    }

    /// A tensor that no operation names: the scale of one that is ternary already, or of no use.
    private static func passOn(
        _ entry: TensorEntry, _ index: Int, _ wanted: [String: [Weight]], _ parts: inout [Part], _ entries: inout [TensorEntry],
        _ unused: inout [String]
    ) throws {
        let isScale = entry.name.hasSuffix(".scale") && wanted[String(entry.name.dropLast(6))] != nil
        guard isScale, !entries.contains(where: { $0.name == entry.name }) else { return unused.append(entry.name) }
        parts.append(.same(index))
        entries.append(entry)
    }

    /// Bytes of the tensors that the checkpoint stores, those without a use included.
    public var originByteCount: Int { origin.entries.reduce(0) { $0 + $1.byteCount } }

    /// Bytes of the checkpoint up to the end of the tensor that entry `index` comes from.
    public func originBytes(through index: Int) -> Int {
        origin.entries[...parts[index].stored].reduce(0) { $0 + $1.byteCount }
    }

    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try passUnused(before: parts[index].stored)
        switch parts[index] {
        case .same(let stored): try readSame(stored, into: buffer)
        case .codes(let weight, let stored): try quantise(weight, stored, into: buffer)
        case .integers(let weight, let bits, let stored): try narrow(weight, bits, stored, into: buffer)
        case .scale(let weight, let bits, let stored):
            if scales[weight.name] == nil { try findScales(weight, bits, stored) }
            buffer.copyBytes(from: scales[weight.name] ?? [])
        }
    }

    /// Reads what no entry comes from, at the end of the checkpoint too.
    public func finish() throws { try passUnused(before: origin.entries.count) }

    private func passUnused(before stored: Int) throws {
        let names = readsUnused ? Set(unused) : []
        while passed < stored {
            if names.contains(origin.entries[passed].name) { try input.withBytes(of: origin, passed) { _ in } }
            passed += 1
        }
    }

    public func mapped(_ index: Int) -> UnsafeRawBufferPointer? {
        if case .same(let stored) = parts[index] { origin.mapped(stored) } else { nil }
    }

    private func readSame(_ stored: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try origin.read(stored, into: buffer)
        let entry = origin.entries[stored]
        let sum = kernels.sumOfMagnitudes(UnsafeRawBufferPointer(buffer), element: entry.element, threads)
        guard sum?.isFinite ?? true else { throw Failure("tensor '\(entry.name)' holds a NaN or an infinity") }
    }

    private func quantise(_ weight: Weight, _ stored: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try placing("tensor '\(origin.entries[stored].name)'") {
            try input.withBytes(of: origin, stored) { bytes in
                let matrix = try FloatMatrix(
                    rows: weight.rows, columns: weight.columns, element: origin.entries[stored].element, bytes: bytes)
                let result = try quantiser.quantise(matrix, codes: buffer, kernels, threads)
                scales[weight.name] = withUnsafeBytes(of: result.scale) { Array($0) }
                try report?(weight, matrix, result, UnsafeRawBufferPointer(buffer))
            }
        }
    }

    private func narrow(_ weight: Weight, _ bits: IntegerBits, _ stored: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try placing("tensor '\(origin.entries[stored].name)'") {
            try input.withBytes(of: origin, stored) { bytes in
                let matrix = try FloatMatrix(
                    rows: weight.rows, columns: weight.columns, element: origin.entries[stored].element, bytes: bytes)
                guard kernels.sumOfMagnitudes(bytes, element: matrix.element, threads)?.isFinite ?? false else {
                    throw Failure("holds a NaN or an infinity")
                }
                var found = [UInt8](repeating: 0, count: 2 * weight.integerScaleShape.reduce(1, *))
                found.withUnsafeMutableBytes {
                    kernels.narrow(bytes, element: matrix.element, columns: weight.columns, bits: bits, codes: buffer, scales: $0, threads)
                }
                scales[weight.name] = found
            }
        }
    }

    /// Makes the codes only to learn their scales.
    private func findScales(_ weight: Weight, _ bits: IntegerBits?, _ stored: Int) throws {
        let scratch = OwnedBytes(count: (bits.map(weight.integerShape) ?? weight.codeShape).reduce(1, *))
        if let bits { try narrow(weight, bits, stored, into: scratch.bytes) } else { try quantise(weight, stored, into: scratch.bytes) }
    }
}

extension TernarySource {
    /// Whether `source` holds floats where the graph multiplies by trits.
    public static func isNeeded(for source: any TensorSource, _ graph: Graph) -> Bool {
        let elements = Dictionary(source.entries.map { ($0.name, $0.element) }) { first, _ in first }
        return graph.weights.contains { $0.kind == .ternary && elements[$0.name] != .uint8 }
    }
}
