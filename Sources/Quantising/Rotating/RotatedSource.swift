import Basis
import Models
import Tensors

/// A checkpoint of floats whose weights are turned: the model computes what it did. Matrices come as float32, all else in the element
/// type that it has.
public final class RotatedSource: TensorSource {
    public let entries: [TensorEntry]
    public var isConcurrent: Bool { origin.isConcurrent }
    private let origin: any TensorSource
    private let changes: [String: [Rotation.Change]]
    private let kernels: Kernels
    private let threads: ThreadPool

    /// `matrices` are those that become planes: nothing of them is rounded before.
    public init(
        _ origin: any TensorSource, _ rotation: Rotation, matrices: Set<String>, _ kernels: Kernels, _ threads: ThreadPool
    ) throws {
        (self.origin, changes, self.kernels, self.threads) = (origin, rotation.changes, kernels, threads)
        entries = try origin.entries.map { entry in
            guard matrices.contains(entry.name), entry.element.isFloat else { return entry }
            return try TensorEntry(name: entry.name, element: .float32, shape: entry.shape)
        }
    }

    public func read(_ index: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let entry = entries[index]
        guard let changes = changes[entry.name] else { return try origin.read(index, into: buffer) }
        try placing("tensor '\(entry.name)'") {
            var numbers = try floats(index)
            let columns = entry.shape.count == 1 ? 1 : entry.shape[1], rows = entry.shape[0]
            for change in changes { try apply(change, to: &numbers, rows: rows, columns: columns) }
            try store(numbers, entry.element, into: buffer)
        }
    }

    public func mapped(_ index: Int) -> UnsafeRawBufferPointer? { changes[entries[index].name] == nil ? origin.mapped(index) : nil }

    private func floats(_ index: Int) throws -> [Float] {
        let entry = origin.entries[index]
        guard let numbers = try origin.withBytes(index, { kernels.floats($0, element: entry.element) }) else {
            throw Failure("has elements of type \(entry.element.rawValue), expected floats")
        }
        return numbers
    }

    private func apply(_ change: Rotation.Change, to numbers: inout [Float], rows: Int, columns: Int) throws {
        let gain: [Float]
        if case .gained(let name) = change {
            guard let index = origin.index(of: name) else { throw Failure("the gain '\(name)' is missing") }
            gain = try floats(index)
            guard gain.count == columns else { throw Failure("the gain '\(name)' has \(gain.count) numbers for \(columns) columns") }
        } else {
            gain = []
        }
        numbers.withUnsafeMutableBufferPointer { numbers in
            guard let start = numbers.baseAddress else { return }
            switch change {
            case .gained: eachRow(rows) { row in for column in 0..<columns { start[row * columns + column] *= gain[column] } }
            case .rows(let part):
                let turn = Hadamard(size: part)
                eachRow(rows) { row in
                    for first in stride(from: 0, to: columns, by: part) { turn.turn(start + row * columns + first, width: 1, stride: 1) }
                }
            case .columns(let part):
                let turn = Hadamard(size: part)
                eachRow(rows / part) { turn.turn(start + $0 * part * columns, width: columns, stride: columns) }
            case .ones: numbers.update(repeating: 1)
            }
        }
    }

    private func eachRow(_ rows: Int, _ body: (Int) -> Void) {
        threads.parallel(rows, grain: 16) { part in for row in part { body(row) } }
    }

    private func store(_ numbers: [Float], _ element: ElementType, into buffer: UnsafeMutableRawBufferPointer) throws {
        switch element {
        case .float32: numbers.withUnsafeBytes { buffer.copyMemory(from: $0) }
        case .float16: store(numbers, into: buffer) { Float16($0).bitPattern }
        case .bfloat16: store(numbers, into: buffer) { $0.brainFloatBits }
        default: throw Failure("has elements of type \(element.rawValue), expected floats")
        }
    }

    private func store(_ numbers: [Float], into buffer: UnsafeMutableRawBufferPointer, _ half: (Float) -> UInt16) {
        for (index, number) in numbers.enumerated() { buffer.storeBytes(of: half(number), toByteOffset: 2 * index, as: UInt16.self) }
    }
}
