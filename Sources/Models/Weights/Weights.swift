import Basis
import Synchronization
import Tensors

/// The weights of a graph in memory, ready to run.
public final class Weights {
    private enum Loaded {
        case trits(TernaryMatrix)
        case table(Table)
        case dense([Float])
    }

    private let loaded: [String: Loaded]

    /// Loads what `graph` needs from a source that holds it in container form: trit codes with scales, floats as they are. Tensors are
    /// read side by side unless the source is a stream.
    public init(_ graph: Graph, from source: any TensorSource, kernels: Kernels, threads: ThreadPool) throws {
        let needed = graph.weights
        let positions = Dictionary(source.entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
        let results = Results(count: needed.count)
        Self.inTurn(needed, source, threads) { index in
            results[index] = Result { try Self.load(needed[index], from: source, positions, kernels, threads) }
        }
        var loaded: [String: Loaded] = [:]
        for (index, weight) in needed.enumerated() { loaded[weight.name] = try results[index]?.get() }
        self.loaded = loaded
    }

    /// Bytes that they take in memory.
    public var byteCount: Int {
        loaded.values.reduce(0) { sum, weight in
            switch weight {
            case .trits(let matrix): sum + matrix.byteCount
            case .table(let table): sum + table.rows * table.rowBytes
            case .dense(let values): sum + values.count * MemoryLayout<Float>.size
            }
        }
    }

    /// What `operation` finds in its context.
    package func parameter(for operation: any Operation) throws -> Parameter {
        guard let weight = operation.weight else { return try severalParameters(operation.weights) }
        switch loaded[weight.name] {
        case .trits(let matrix): return .trits(matrix)
        case .table(let table): return .table(table)
        case .dense(let values): return .dense(DenseParameter(operation.prepared(values)))
        case nil: throw Failure("tensor '\(weight.name)' is missing")
        }
    }

    private func severalParameters(_ weights: [Weight]) throws -> Parameter {
        guard !weights.isEmpty else { return .none }
        return .several(try weights.map { weight in
            guard case .dense(let values) = loaded[weight.name] else { throw Failure("tensor '\(weight.name)' is missing") }
            return DenseParameter(values)
        })
    }

    /// Calls `body` for each weight: in their order for a stream, otherwise side by side, one at a time for a thread; those that are large
    /// for a thread's share first, so that none is left with one when the others are done, the rest as they are likely to lie in the file.
    private static func inTurn(_ weights: [Weight], _ source: any TensorSource, _ threads: ThreadPool, _ body: (Int) -> Void) {
        guard source.isConcurrent else { return weights.indices.forEach(body) }
        let share = weights.reduce(0.0) { $0 + Double($1.count) } / Double(8 * threads.threads)
        func isLarge(_ index: Int) -> Bool { Double(weights[index].count) > share }
        let order = weights.indices.filter(isLarge) + weights.indices.filter { !isLarge($0) }
        let next = Atomic<Int>(0)
        threads.parallel(threads.threads) { part in
            for _ in part {
                while case let place = next.add(1, ordering: .relaxed).oldValue, place < order.count { body(order[place]) }
            }
        }
    }

    /// One place a weight, each written by one thread.
    private final class Results: @unchecked Sendable {
        private let places: UnsafeMutableBufferPointer<Result<Loaded, any Error>?>

        init(count: Int) {
            places = .allocate(capacity: count)
            places.initialize(repeating: nil)
        }

        deinit {
            places.deinitialize()
            places.deallocate()
        }

        subscript(index: Int) -> Result<Loaded, any Error>? {
            get { places[index] }
            set { places[index] = newValue }
        }
    }
}

extension Weights {
    private static func load(
        _ weight: Weight, from source: any TensorSource, _ positions: [String: Int], _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> Loaded {
        let index = try weight.index(of: weight.name, in: source, positions)
        return try placing("tensor '\(weight.name)'") {
            switch weight.kind {
            case .ternary: .trits(try matrix(weight, from: source, index, positions, kernels, threads))
            case .table: .table(try Table(weight, from: source, index, positions, kernels, threads))
            case .dense: .dense(try floats(weight, from: source, index, kernels))
            }
        }
    }

    private static func matrix(
        _ weight: Weight, from source: any TensorSource, _ index: Int, _ positions: [String: Int], _ kernels: Kernels, _ threads: ThreadPool
    ) throws -> TernaryMatrix {
        try weight.check(source.entries[index], element: .uint8, shape: weight.codeShape)
        if let bytes = source.mapped(index) {
            let scale = try scale(weight, from: source, positions)
            let matrix = try TernaryMatrix(borrowing: bytes, of: source, rows: weight.rows, columns: weight.columns, scale: scale)
            if let matrix { return matrix }
        }
        // Codes first: a source that makes them finds the scale on the way.
        return try TernaryMatrix(
            rows: weight.rows, columns: weight.columns, layout: kernels.layout, kernels: kernels, pool: threads
        ) { take in
            try source.readRows(index, multiplesOf: kernels.layout.group, take)
            return try scale(weight, from: source, positions)
        }
    }

    private static func scale(_ weight: Weight, from source: any TensorSource, _ positions: [String: Int]) throws -> Float {
        let index = try weight.index(of: weight.scaleName, in: source, positions)
        try weight.check(source.entries[index], element: .float32, shape: [1])
        let scale = try source.withBytes(index) { $0.loadUnaligned(as: Float.self) }
        guard scale.isFinite, scale > 0 else { throw Failure("its scale is \(scale), expected a positive number") }
        return scale
    }

    private static func floats(_ weight: Weight, from source: any TensorSource, _ index: Int, _ kernels: Kernels) throws -> [Float] {
        let entry = source.entries[index]
        try weight.check(entry, element: nil, shape: weight.shape)
        let values = try source.withBytes(index) { kernels.floats($0, element: entry.element) ?? [] }
        guard values.allSatisfy(\.isFinite) else { throw Failure("holds a NaN or an infinity") }
        return values
    }
}

/// How a container holds a weight.
extension Weight {
    /// The tensor that holds what one trit stands for.
    public var scaleName: String { name + ".scale" }

    /// Two-bit codes, four a byte, each row on a byte of its own.
    public var codeShape: [Int] { [rows, (columns + 3) / 4] }

    func index(of name: String, in source: any TensorSource, _ positions: [String: Int]) throws -> Int {
        guard let index = positions[name] else { throw Failure("tensor '\(name)' is missing") }
        return index
    }

    /// Refuses a stored tensor of another shape or element type; nil takes any floats.
    func check(_ entry: TensorEntry, element: ElementType?, shape: [Int]) throws {
        guard entry.shape == shape else { throw Failure("has shape \(entry.shape), expected \(shape)") }
        guard element == nil ? entry.element.isFloat : entry.element == element else {
            throw Failure("has elements of type \(entry.element.rawValue), expected \(element?.rawValue ?? "floats")")
        }
    }
}
