import Basis
import Models
import Synchronization
import Tensors

/// The tensors of a GGUF model under Hugging Face's names and in the form of containers: ternary matrices as trit codes with one scale,
/// everything else as floats.
public final class GGUFTensors: TensorSource, HashedInputs {
    public let entries: [TensorEntry]
    public let isConcurrent = true
    private let parts: [Part]
    private let files: [GGUFFile]
    /// The scales found so far, by the stored tensor: codes come before their scale.
    private let scales = Mutex<[String: Float]>([:])

    /// What an entry is made of.
    private struct Part {
        let source: Matrix
        let form: Form
    }

    private enum Form { case same, floats, codes, scale }

    /// A stored tensor and what its values are times or in what order.
    private struct Matrix {
        let file: GGUFFile
        let tensor: StoredTensor
        let type: StoredType
        let order: RowOrder?
        let factor: Float

        var bytes: UnsafeRawBufferPointer {
            file.bytes(of: tensor, count: type.byteCounts(rows: tensor.rows, columns: tensor.columns).first ?? 0)
        }
    }

    init(_ model: GGUFParts, _ architecture: Architecture, _ types: [StoredType]) throws {
        let factors = try GGUFTensors.factors(model)
        var parts: [Part] = [], entries: [TensorEntry] = []
        for (index, (file, tensor)) in model.tensors.enumerated() where factors.of[tensor.name] == nil {
            try placing("tensor '\(tensor.name)'") {
                let matrix = Matrix(
                    file: model.files[file], tensor: tensor, type: types[index], order: try architecture.order(of: tensor),
                    factor: factors.values[tensor.name] ?? 1)
                try GGUFTensors.add(matrix, architecture, &parts, &entries)
            }
        }
        (self.parts, self.entries, files) = (parts, entries, model.files)
    }

    /// The entries of a stored tensor.
    private static func add(
        _ matrix: Matrix, _ architecture: Architecture, _ parts: inout [Part], _ entries: inout [TensorEntry]
    ) throws {
        let name = TensorNames.huggingFace(matrix.tensor.name) ?? matrix.tensor.name, shape = matrix.tensor.shape
        if TensorNames.isTernaryMatrix(matrix.tensor.name), shape.count == 2, try isTernary(matrix, architecture) {
            let weight = Weight(name, shape: shape, kind: .ternary)
            parts += [Part(source: matrix, form: .codes), Part(source: matrix, form: .scale)]
            entries.append(try TensorEntry(name: name, element: .uint8, shape: weight.codeShape))
            entries.append(try TensorEntry(name: weight.scaleName, element: .float32, shape: [1]))
        } else {
            let element = matrix.type.element
            parts.append(Part(source: matrix, form: element == nil || matrix.factor != 1 ? .floats : .same))
            entries.append(try TensorEntry(name: name, element: parts.last?.form == .same ? element ?? .float32 : .float32, shape: shape))
        }
    }

    /// The modules that ternary models multiply by trits and this one by floats, as `modules_to_not_convert` names them.
    var floatModules: [String] {
        entries.indices.compactMap { index -> String? in
            let part = parts[index]
            guard part.form == .same || part.form == .floats, TensorNames.isTernaryMatrix(part.source.tensor.name) else { return nil }
            return String(entries[index].name.dropLast(".weight".count))
        }
    }

    public var inputs: [HashedInput] {
        files.map { HashedInput(name: $0.name.split(separator: "/").last.map(String.init) ?? $0.name, byteCount: $0.byteCount) }
    }

    public func startHashing() throws {}

    /// The files lie in memory: they are hashed when they are asked for.
    public func digests() throws -> [Digest]? { try files.map { try $0.digest() } }
}

// Factors of matrices.
extension GGUFTensors {
    /// The tensors that are factors of others, and by what each matrix is multiplied.
    private static func factors(_ model: GGUFParts) throws -> (of: [String: String], values: [String: Float]) {
        let places = Dictionary(model.tensors.map { ($0.tensor.name, $0) }) { first, _ in first }
        var (owners, values): ([String: String], [String: Float]) = ([:], [:])
        for (_, tensor) in model.tensors where TensorNames.isTernaryMatrix(tensor.name) {
            for name in TensorNames.factors(of: tensor.name) {
                guard let (file, factor) = places[name] else { continue }
                owners[name] = tensor.name
                values[tensor.name] = try (values[tensor.name] ?? 1) * value(of: factor, in: model.files[file])
            }
        }
        return (owners, values)
    }

    private static func value(of tensor: StoredTensor, in file: GGUFFile) throws -> Float {
        guard tensor.candidates == [.f32], tensor.rows * tensor.columns == 1 else {
            throw Failure("tensor '\(tensor.name)' is no single f32")
        }
        let value = file.bytes(of: tensor, count: 4).baseAddress?.float(at: 0) ?? 0
        guard value > 0, value.isFinite else { throw Failure("tensor '\(tensor.name)' is \(value), expected a positive number") }
        return value
    }
}

// Reading.
extension GGUFTensors {
    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let matrix = parts[index].source
        try naming(matrix.file.name) {
            try placing("tensor '\(matrix.tensor.name)'") {
                switch parts[index].form {
                case .same: readSame(matrix, into: buffer)
                case .floats: try readFloats(matrix, into: buffer)
                case .codes: try readCodes(matrix, into: buffer)
                case .scale: buffer.storeBytes(of: try scale(of: matrix), as: Float.self)
                }
            }
        }
    }

    public func mapped(_ index: Int) -> UnsafeRawBufferPointer? {
        let part = parts[index], bytes = part.source.bytes
        guard part.form == .same, part.source.order == nil else { return nil }
        return UInt(bitPattern: bytes.baseAddress) % 4 == 0 ? bytes : nil
    }

    private func readSame(_ matrix: Matrix, into buffer: UnsafeMutableRawBufferPointer) {
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: matrix.bytes[..<buffer.count]))
        matrix.order?.restore(buffer)
    }

    private func readFloats(_ matrix: Matrix, into buffer: UnsafeMutableRawBufferPointer) throws {
        let (rows, columns) = (matrix.tensor.rows, matrix.tensor.columns), floats = buffer.assumingMemoryBound(to: Float.self)
        guard !WholeMatrix.holds(matrix.type), let start = floats.baseAddress else {
            throw Failure("has type \(matrix.type.rawValue), which is for matrices that are multiplied by trits")
        }
        var reader = FloatRows(matrix.type, columns: columns, matrix.bytes)
        for row in 0..<rows {
            reader.read(row, into: start + row * columns)
            if matrix.factor != 1 { for column in 0..<columns { start[row * columns + column] *= matrix.factor } }
        }
        matrix.order?.restore(buffer)
    }

    private func readCodes(_ matrix: Matrix, into buffer: UnsafeMutableRawBufferPointer) throws {
        let (rows, columns) = (matrix.tensor.rows, matrix.tensor.columns)
        let scale =
            matrix.type.isTernary
            ? try matrix.type.decodeTrits(rows: rows, columns: columns, matrix.bytes, into: buffer)
            : try decodeFloats(matrix, into: buffer)
        matrix.order?.restore(buffer)
        scales.withLock { $0[matrix.tensor.name] = scale * matrix.factor }
    }

    private func decodeFloats(_ matrix: Matrix, into buffer: UnsafeMutableRawBufferPointer) throws -> Float {
        var floats = TernaryFloats(matrix.type, rows: matrix.tensor.rows, columns: matrix.tensor.columns, matrix.bytes)
        return try floats.decode(into: buffer)
    }

    private func scale(of matrix: Matrix) throws -> Float {
        if let scale = scales.withLock({ $0[matrix.tensor.name] }) { return scale }
        var codes = [UInt8](repeating: 0, count: matrix.tensor.rows * Trits.rowBytes(width: matrix.tensor.columns))
        try codes.withUnsafeMutableBytes { try readCodes(matrix, into: $0) }
        return scales.withLock { $0[matrix.tensor.name] } ?? 1
    }

    /// Whether it holds trits. Of floats the first rows tell; the others are checked when they are read.
    private static func isTernary(_ matrix: Matrix, _ architecture: Architecture) throws -> Bool {
        let (type, tensor) = (matrix.type, matrix.tensor)
        let isTernary = type.isTernary || TernaryFloats(type, rows: min(4, tensor.rows), columns: tensor.columns, matrix.bytes).areTernary
        guard isTernary || type.element != nil || !architecture.isTernary else {
            throw Failure("has values of type \(type.rawValue) that are not ternary, and what they were is lost")
        }
        return isTernary
    }
}

extension GGUFTensors {
    /// The numbers of `rope_freqs.weight`; nil where there is no such tensor.
    func rotationFactors() throws -> [Float]? {
        guard let index = index(of: "rope_freqs.weight") else { return nil }
        guard entries[index].element == .float32, entries[index].shape.count == 1 else {
            throw Failure("tensor 'rope_freqs.weight' is no row of f32")
        }
        return try withBytes(index) { bytes in (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) } }
    }
}
