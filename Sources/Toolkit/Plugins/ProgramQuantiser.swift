import Basis
import Models
import Safetensors
import Synchronization
import Tensors

/// The quantisers that are programs: `tern-quantizer-NAME` is run once for each matrix. It reads a safetensors file with the one tensor
/// `weight`, float32, and prints one with the tensors that a container holds for it: tern-plugin(7).
enum ProgramQuantiser: Quantiser {
    /// The one that is in use: a program is told of one method.
    private static let chosen = Mutex<PluginProgram?>(nil)

    /// The plugin of this name; nil if there is none.
    static func of(_ name: String) -> (any Quantiser.Type)? {
        guard let program = PluginProgram(.quantizer, name) else { return nil }
        chosen.withLock { $0 = program }
        return ProgramQuantiser.self
    }

    private static var program: PluginProgram {
        get throws { try chosen.withLock { program in try program ?? { throw Failure("there is no such plugin") }() } }
    }

    static var name: String { chosen.withLock { $0?.name ?? "" } }

    /// The program refuses what it cannot make.
    static func check(_ form: PlaneForm) throws {}

    /// Whole matrices are all that a program is asked for.
    static func grid(for weights: UnsafeBufferPointer<Float>, _ form: PlaneForm, _ metric: SpanMetric?) -> PlaneGrid {
        PlaneGrid(form, scales: Array(repeating: .nan, count: form.scaleCount))
    }

    static func quantise(
        _ matrix: FloatMatrix, codes: UnsafeMutableRawBufferPointer, _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> QuantisedMatrix {
        let weight = Weight("weight", shape: [matrix.rows, matrix.columns], kind: .ternary), program = try program
        let wanted = [
            try TensorEntry(name: weight.name, element: .uint8, shape: weight.codeShape),
            try TensorEntry(name: weight.scaleName, element: .float32, shape: [1]),
        ]
        let answer = try answer(program, matrix, ["scales": "one"], wanted, kernels)
        return try program.told {
            let scale = try answer.withBytes(of: weight.scaleName) { $0.loadUnaligned(as: Float.self) }
            guard scale > 0, scale.isFinite else { throw Failure("the scale is \(scale), expected a positive number") }
            try answer.withBytes(of: weight.name) { bytes in
                try Trits.validate(bytes, rows: matrix.rows, width: matrix.columns)
                codes.copyMemory(from: bytes)
            }
            return QuantisedMatrix(scale: scale)
        }
    }

    static func planes(
        _ weight: Weight, _ form: PlaneForm, of matrix: FloatMatrix, _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> PlaneMatrix {
        let own = Weight("weight", shape: weight.shape, kind: .table), program = try program
        var wanted = [
            try TensorEntry(name: own.name, element: .uint8, shape: own.planeShape(form)),
            try TensorEntry(name: own.scaleName, element: .float16, shape: own.planeScaleShape(form)),
        ]
        if form.hasShift { wanted.append(try TensorEntry(name: own.shiftName, element: .float16, shape: own.planeShiftShape)) }
        let told: JSONObject = [
            "scales": form.isTied ? "tied" : "free", "planes": .string("\(form.count)"), "shifts": .string("\(form.hasShift)"),
            "span": .string("\(IntegerBits.span)"),
        ]
        let answer = try answer(program, matrix, told, wanted, kernels)
        return try program.told {
            try answer.withBytes(of: own.name) { codes in
                try answer.withBytes(of: own.scaleName) { scales in
                    func planes(_ shifts: UnsafeRawBufferPointer?) throws -> PlaneMatrix {
                        try PlaneMatrix(weight, form, codes: codes, scales: scales, shifts: shifts)
                    }
                    return try form.hasShift ? answer.withBytes(of: own.shiftName, planes) : planes(nil)
                }
            }
        }
    }

    /// What the program prints for a matrix: just the wanted tensors, in any order.
    private static func answer(
        _ program: PluginProgram, _ matrix: FloatMatrix, _ told: JSONObject, _ wanted: [TensorEntry], _ kernels: Kernels
    ) throws -> PluginAnswer {
        guard let floats = kernels.floats(matrix.bytes, element: matrix.element), floats.allSatisfy(\.isFinite) else {
            throw Failure("holds a NaN or an infinity")
        }
        var metadata = told
        metadata["name"] = .string(matrix.name)
        let entry = try TensorEntry(name: "weight", element: .float32, shape: [matrix.rows, matrix.columns])
        let header = try SafetensorsHeader(entries: [entry], metadata: metadata).printed()
        let limit = wanted.reduce(1 << 16) { $0 + $1.byteCount }
        let bytes = try header.withUnsafeBytes { header in
            try floats.withUnsafeBytes { try program.output(of: [header, $0], seconds: 600, limit: limit) }
        }
        return try program.told { try PluginAnswer(bytes, wanted) }
    }
}

/// A safetensors file in memory that holds what was wanted.
private struct PluginAnswer {
    private let bytes: [UInt8]
    private let header: SafetensorsHeader
    private let start: Int

    init(_ bytes: [UInt8], _ wanted: [TensorEntry]) throws {
        self.bytes = bytes
        (header, start) = try bytes.withUnsafeBytes { bytes in
            guard bytes.count >= SafetensorsHeader.lengthSize else { throw Failure("it printed no safetensors file") }
            let length = UnsafeRawBufferPointer(rebasing: bytes[..<SafetensorsHeader.lengthSize])
            let count = try SafetensorsHeader.textCount(length, total: bytes.count), start = SafetensorsHeader.lengthSize + count
            guard start <= bytes.count else { throw Failure("it printed no whole safetensors file") }
            let text = UnsafeRawBufferPointer(rebasing: bytes[SafetensorsHeader.lengthSize..<start])
            return (try SafetensorsHeader(parsing: text, dataCount: bytes.count - start), start)
        }
        for entry in wanted {
            guard let found = header.entries.first(where: { $0.name == entry.name }) else {
                throw Failure("it printed no tensor '\(entry.name)'")
            }
            guard found == entry else {
                throw Failure("tensor '\(entry.name)' is \(found.element.rawValue) \(found.shape), "
                    + "expected \(entry.element.rawValue) \(entry.shape)")
            }
        }
        if let other = header.entries.first(where: { !wanted.contains($0) }) {
            throw Failure("it printed the tensor '\(other.name)' as well")
        }
    }

    func withBytes<Result>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        guard let index = header.entries.firstIndex(where: { $0.name == name }) else { throw Failure("it printed no tensor '\(name)'") }
        return try bytes.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[start + header.offsets[index]..<start + header.offsets[index + 1]]))
        }
    }
}
