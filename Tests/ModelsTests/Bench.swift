import Basis
import Models
import Tensors

/// One operation with a random weight and random inputs, to be run in the ways that the laws compare.
final class Bench {
    let sample: Sample
    let rows: Int
    /// [input][row][column]: the numbers that the definition sees. Quantised inputs are what their integers stand for.
    private(set) var inputs: [[[Float]]] = []
    let tokens: [Int32]
    let trits: [Int8]
    /// Of all weights that are not ternary, one after the other.
    private let floats: [Float]
    private let scale: Float = 0.37
    let threads = ThreadPool(threads: 2)

    var operation: any Operation { sample.operation }

    init(_ sample: Sample, rows: Int, seed: UInt64) {
        var random = Random(seed: seed)
        (self.sample, self.rows) = (sample, rows)
        let weight = sample.operation.weight
        trits = weight?.kind == .ternary ? (0..<(weight?.count ?? 0)).map { _ in Int8(Int(random.next() % 3) - 1) } : []
        let numbers = sample.operation.weights.reduce(0) { $0 + ($1.kind == .ternary ? 0 : $1.count) }
        floats = (0..<numbers).map { _ in random.normal() }
        tokens = (0..<rows).map { _ in Int32(random.next() % UInt64(max(1, weight?.rows ?? 1))) }
        for form in sample.inputs { inputs.append((0..<rows).map { _ in Bench.row(form, &random) }) }
    }

    /// Values that survive being quantised unchanged, for quantised inputs: whole numbers up to 127, one of which is 127.
    private static func row(_ form: Form, _ random: inout Random) -> [Float] {
        switch form {
        case .floats(let width): (0..<width).map { _ in 2 * random.normal() }
        case .quantised(let width): (0..<width).map { column in column == 0 ? 127 : Float(Int(random.next() % 255) - 127) }
        }
    }

    /// `run` on all rows at once, the rows shared out over sessions at the given borders, each with a state of its own.
    func run(
        _ kernels: Kernels = .best, rows part: (some Collection<Int>)? = Range<Int>?.none, borders: [Int] = [], session: Session? = nil,
        cache: CacheElement = .float32
    ) throws -> (output: [[Float]], sessions: [Session]) {
        let part = part.map { Array($0) } ?? Array(0..<rows)
        let memory = sample.inputs.indices.map { load($0, part, kernels) }
        let output = try Arena(form: operation.form(of: sample.inputs), rows: part.count)
        let cuts = [0] + borders + [part.count]
        let first = session ?? Session([operation.memory], cache: cache)
        let segments = zip(cuts, cuts.dropFirst()).map { Segment(rows: $0..<$1, position: first.position) }
        var sessions = segments.map { _ in first }
        let states = try sessions.indices.map { try sessions[$0].prepare(tokens: segments[$0].rows.count).first }
        let tokens = part.map { self.tokens[$0] }, parameter = try parameter(kernels)
        tokens.withUnsafeBufferPointer { tokens in
            let context = RunContext(
                kernels: kernels, threads: threads, tokens: tokens, segments: segments, parameter: parameter,
                states: states.compactMap { $0 })
            operation.run(memory.map(\.rows), output.rows, context)
        }
        for index in sessions.indices { sessions[index].position += segments[index].rows.count }
        return (output.values, sessions)
    }

    func load(_ input: Int, _ part: [Int], _ kernels: Kernels) -> Arena {
        let arena = Arena(form: sample.inputs[input], rows: part.count)
        for (row, source) in part.enumerated() {
            switch sample.inputs[input] {
            case .floats: arena.rows[row].update(from: inputs[input][source], count: inputs[input][source].count)
            case .quantised: arena.rows.quantised.quantise(inputs[input][source], row: row, kernels: kernels)
            }
        }
        return arena
    }

    func parameter(_ kernels: Kernels) throws -> Parameter {
        guard let weight = operation.weight else { return floats.isEmpty ? .none : .several(parts(floats).map { DenseParameter($0) }) }
        switch weight.kind {
        case .dense: return .dense(DenseParameter(operation.prepared(floats)))
        case .table:
            let owner = DenseParameter(floats)
            let memory = UnsafeRawBufferPointer(start: owner.pointer, count: floats.count * 4)
            return .table(try Table(rows: weight.rows, columns: weight.columns, element: .float32, memory: memory, owner: owner))
        case .ternary:
            let codes = (0..<weight.rows).flatMap { row in
                Trits.pack(Array(trits[row * weight.columns..<(row + 1) * weight.columns]))
            }
            return .trits(try codes.withUnsafeBytes {
                try TernaryMatrix(
                    copying: $0, rows: weight.rows, columns: weight.columns, scale: scale, layout: kernels.layout, kernels: kernels,
                    pool: threads)
            })
        }
    }

    /// What belongs to each of several weights.
    func parts(_ flat: [Float]) -> [[Float]] {
        var start = 0
        return operation.weights.map { weight in
            defer { start += weight.count }
            return Array(flat[start..<start + weight.count])
        }
    }

    /// A definition's weight, or weights, of floats.
    func definition<Number: Arithmetic>(_ flat: [Float]) -> DefinitionWeight<Number> {
        guard let weight = operation.weight else {
            return DefinitionWeight(
                parts: zip(parts(flat), operation.weights).map { DefinitionWeight(dense: $0, columns: $1.columns) })
        }
        return DefinitionWeight(dense: weight.kind == .dense ? operation.prepared(flat) : flat, columns: weight.columns)
    }

    /// The weight as it is trained.
    func latent() -> [Float] { trits.isEmpty ? floats : trits.map { scale * Float($0) } }

    /// `define`, row by row, on any kind of number.
    func define<Number: Arithmetic>(_ number: Number.Type) -> [[Number]] {
        let weight: DefinitionWeight<Number> =
            trits.isEmpty
            ? definition(floats) : DefinitionWeight(trits: trits, columns: operation.weight?.columns ?? 0, scale: scale)
        var state: [Number] = []
        if case .floats(let width) = operation.memory { state = [Number](repeating: Number(0), count: width) }
        return (0..<rows).map { row in
            let numbers = inputs.map { input in input[row].map { Number(Double($0)) } }
            return operation.define(numbers, weight: weight, token: TokenPlace(id: Int(tokens[row]), position: row), state: &state)
        }
    }
}

/// Memory for rows, full of NaN or of zeros.
final class Arena {
    let rows: Rows
    private let memory: UnsafeMutableRawBufferPointer

    init(form: Form, rows count: Int, zeros: Bool = false) {
        memory = .allocate(byteCount: max(64, Rows.bytes(of: form) * count), alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: zeros ? 0 : 0xFF)
        rows = Rows(form: form, count: count, base: memory.baseAddress ?? UnsafeMutableRawPointer(bitPattern: 64)!, capacity: count)
    }

    deinit { memory.deallocate() }

    /// What the rows stand for.
    var values: [[Float]] {
        (0..<rows.count).map { row in
            switch rows.form {
            case .floats(let width): Array(UnsafeBufferPointer(start: rows[row], count: width))
            case .quantised: rows.quantised.values(row)
            }
        }
    }
}
