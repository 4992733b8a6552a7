import Basis
import Tensors

/// A checkpoint in container form: matrices that the graph multiplies by trits become codes with a scale; matrices of floats, if that is
/// asked for, planes of trits; tables, if that is asked for, codes of integers with scales; everything else that it names stays as it is.
/// The tensors come in the order in which the checkpoint stores them, so that one pass over it is enough.
public final class TernarySource: TensorSource {
    public let entries: [TensorEntry]
    /// Tensors of the checkpoint that the graph has no use for.
    public let unused: [String]
    /// Told of each matrix that was made ternary, with its codes.
    public var report: ((Weight, FloatMatrix, QuantisedMatrix, UnsafeRawBufferPointer) throws -> Void)?
    /// Told of each matrix that was made planes of trits.
    public var reportPlanes: ((PlaneMatrix) throws -> Void)?
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
    /// The scales and shifts found so far, as their bytes, by the tensor's name: codes come before them.
    private var found: [String: [UInt8]] = [:]

    /// What an entry is.
    private struct Part {
        /// The stored tensor that it comes from.
        let stored: Int
        let kind: Kind

        enum Kind {
            case same
            case made(Weight, Making)
            /// What goes with the made tensor of a weight: scales, shifts.
            case found(Weight, Making)
        }
    }

    /// What a matrix or table of floats becomes.
    private enum Making {
        case codes
        case integers(IntegerBits)
        case planes(PlaneForm)
    }

    /// `tables` says in how many bits tables of floats are kept, `planes` which matrices of floats become planes, and of which form; others
    /// are left as they are.
    public init(
        _ origin: any TensorSource, graph: Graph, quantiser: any Quantiser.Type, tables: IntegerBits? = nil,
        planes: [String: PlaneForm] = [:], kernels: Kernels, threads: ThreadPool
    ) throws {
        (self.origin, self.quantiser, self.kernels, self.threads) = (origin, quantiser, kernels, threads)
        let plan = try TernarySource.plan(origin.entries, graph, tables, planes)
        (parts, entries, unused) = (plan.parts, plan.entries, plan.unused)
    }

    private struct Plan {
        var parts: [Part] = []
        var entries: [TensorEntry] = []
        var unused: [String] = []

        mutating func add(_ entry: TensorEntry, _ stored: Int, _ kind: Part.Kind) {
            parts.append(Part(stored: stored, kind: kind))
            entries.append(entry)
        }
    }

    private static func plan(
        _ stored: [TensorEntry], _ graph: Graph, _ tables: IntegerBits?, _ planes: [String: PlaneForm]
    ) throws -> Plan {
        let names = Set(stored.map(\.name))
        var wanted: [String: [Weight]] = [:], plan = Plan()
        for weight in graph.weights {
            let source = names.contains(weight.name) ? weight.name : weight.source
            guard names.contains(source) else { throw Failure("tensor '\(weight.name)' is missing") }
            wanted[source, default: []].append(weight)
        }
        for (index, entry) in stored.enumerated() {
            let weights = wanted[entry.name] ?? []
            for weight in weights {
                try placing("tensor '\(entry.name)'") {
                    let making = making(weight, entry, names, tables, planes)
                    if let making { try add(weight, making, entry, index, &plan) } else { try keep(weight, entry, index, &plan) }
                }
            }
            if weights.isEmpty { passOn(entry, index, wanted, &plan) }
        }
        return plan
    }

    /// What becomes of a weight; nil if it stays as it is.
    private static func making(
        _ weight: Weight, _ entry: TensorEntry, _ names: Set<String>, _ tables: IntegerBits?, _ planes: [String: PlaneForm]
    ) -> Making? {
        switch weight.kind {
        case .ternary: entry.element == .uint8 && names.contains(weight.scaleName) ? nil : .codes
        case .table where entry.element.isFloat: planes[weight.name].map { .planes($0) } ?? tables.map { .integers($0) }
        case .table, .dense: nil
        }
    }

    private static func add(_ weight: Weight, _ making: Making, _ entry: TensorEntry, _ index: Int, _ plan: inout Plan) throws {
        try weight.check(entry, element: nil, shape: weight.shape)
        let shape =
            switch making {
            case .codes: weight.codeShape
            case .integers(let bits): weight.integerShape(bits)
            case .planes(let form): weight.planeShape(form)
            }
        plan.add(try TensorEntry(name: weight.name, element: .uint8, shape: shape), index, .made(weight, making))
        let scales: (ElementType, [Int]) =
            switch making {
            case .codes: (.float32, [1])
            case .integers: (.float16, weight.integerScaleShape)
            case .planes(let form): (.float16, weight.planeScaleShape(form))
            }
        plan.add(try TensorEntry(name: weight.scaleName, element: scales.0, shape: scales.1), index, .found(weight, making))
        guard case .planes(let form) = making, form.hasShift else { return }
        let shifts = try TensorEntry(name: weight.shiftName, element: .float16, shape: weight.planeShiftShape)
        plan.add(shifts, index, .found(weight, making))
    }

    private static func keep(_ weight: Weight, _ entry: TensorEntry, _ index: Int, _ plan: inout Plan) throws {
        if weight.kind == .ternary {
            try weight.check(entry, element: .uint8, shape: weight.codeShape)
        } else if weight.kind == .table, entry.element == .uint8 {
            // Integers or planes already, which whoever loads them looks at.
        } else {
            try weight.check(entry, element: nil, shape: weight.shape)
        }
        plan.add(entry, index, .same)
    }

    /// A tensor that no operation names: what goes with one that is made already, or of no use.
    private static func passOn(_ entry: TensorEntry, _ index: Int, _ wanted: [String: [Weight]], _ plan: inout Plan) {
        let goesAlong = [".scale", ".shift"].contains { entry.name.hasSuffix($0) && wanted[String(entry.name.dropLast($0.count))] != nil }
        if goesAlong, !plan.entries.contains(where: { $0.name == entry.name }) {
            plan.add(entry, index, .same)
        } else {
            plan.unused.append(entry.name)
        }
    }

    /// Bytes of the tensors that the checkpoint stores, those without a use included.
    public var originByteCount: Int { origin.entries.reduce(0) { $0 + $1.byteCount } }

    /// Bytes of the checkpoint up to the end of the tensor that entry `index` comes from.
    public func originBytes(through index: Int) -> Int {
        origin.entries[...parts[index].stored].reduce(0) { $0 + $1.byteCount }
    }

    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let part = parts[index], name = entries[index].name
        try passUnused(before: part.stored)
        switch part.kind {
        case .same: try readSame(part.stored, into: buffer)
        case .made(let weight, let making): try make(weight, making, part.stored, into: buffer)
        case .found(let weight, let making):
            if found[name] == nil {
                // Makes the codes only to learn what goes with them.
                let codes = parts.firstIndex { if case .made(weight, _) = $0.kind { true } else { false } }
                let scratch = AlignedMemory(byteCount: codes.map { entries[$0].byteCount } ?? 0)
                try make(weight, making, part.stored, into: scratch.bytes)
            }
            buffer.copyBytes(from: found[name] ?? [])
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
        if case .same = parts[index].kind { origin.mapped(parts[index].stored) } else { nil }
    }

    private func readSame(_ stored: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try origin.read(stored, into: buffer)
        let entry = origin.entries[stored]
        let sum = kernels.sumOfMagnitudes(UnsafeRawBufferPointer(buffer), element: entry.element, threads)
        guard sum?.isFinite ?? true else { throw Failure("tensor '\(entry.name)' holds a NaN or an infinity") }
    }

    /// Writes the codes, and remembers what goes with them.
    private func make(_ weight: Weight, _ making: Making, _ stored: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        try placing("tensor '\(origin.entries[stored].name)'") {
            try input.withBytes(of: origin, stored) { bytes in
                var matrix = try FloatMatrix(
                    rows: weight.rows, columns: weight.columns, element: origin.entries[stored].element, bytes: bytes)
                matrix.name = weight.name
                switch making {
                case .codes: try quantise(weight, matrix, into: buffer)
                case .integers(let bits): try narrow(weight, matrix, bits, into: buffer)
                case .planes(let form): try quantise(weight, matrix, form, into: buffer)
                }
            }
        }
    }

    private func quantise(_ weight: Weight, _ matrix: FloatMatrix, into buffer: UnsafeMutableRawBufferPointer) throws {
        let result = try quantiser.quantise(matrix, codes: buffer, kernels, threads)
        found[weight.scaleName] = withUnsafeBytes(of: result.scale) { Array($0) }
        try report?(weight, matrix, result, UnsafeRawBufferPointer(buffer))
    }

    private func quantise(_ weight: Weight, _ matrix: FloatMatrix, _ form: PlaneForm, into buffer: UnsafeMutableRawBufferPointer) throws {
        let planes = try quantiser.planes(weight, form, of: matrix, kernels, threads)
        for (entry, bytes) in try planes.tensors() {
            if entry.name == weight.name { buffer.copyMemory(from: bytes) } else { found[entry.name] = Array(bytes) }
        }
        guard let reportPlanes else { return }
        planes.compare(with: matrix, kernels, threads)
        try reportPlanes(planes)
    }

    private func narrow(_ weight: Weight, _ matrix: FloatMatrix, _ bits: IntegerBits, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard kernels.sumOfMagnitudes(matrix.bytes, element: matrix.element, threads)?.isFinite ?? false else {
            throw Failure("holds a NaN or an infinity")
        }
        var scales = [UInt8](repeating: 0, count: 2 * weight.integerScaleShape.reduce(1, *))
        scales.withUnsafeMutableBytes {
            kernels.narrow(matrix.bytes, element: matrix.element, columns: weight.columns, bits: bits, codes: buffer, scales: $0, threads)
        }
        found[weight.scaleName] = scales
    }
}

extension TernarySource {
    /// Whether `source` holds floats where the graph multiplies by trits.
    public static func isNeeded(for source: any TensorSource, _ graph: Graph) -> Bool {
        let elements = Dictionary(source.entries.map { ($0.name, $0.element) }) { first, _ in first }
        return graph.weights.contains { $0.kind == .ternary && elements[$0.name] != .uint8 }
    }
}
