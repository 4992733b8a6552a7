import Tensors

/// A weight as it lies in memory for running.
public enum Parameter: Sendable {
    case none
    case trits(TernaryMatrix)
    case table(Table)
    case dense(DenseParameter)
    /// Those of an operation with several.
    case several([DenseParameter])

    /// Of a dense weight: its numbers, as `Operation.prepared` left them.
    public var floats: UnsafePointer<Float> {
        guard case .dense(let parameter) = self else { preconditionFailure("the operation has no dense weight") }
        return parameter.pointer
    }

    /// Of several dense weights: the numbers of each.
    public var parts: [UnsafePointer<Float>] {
        guard case .several(let parameters) = self else { preconditionFailure("the operation has not several weights") }
        return parameters.map(\.pointer)
    }

    /// Those that are dense.
    var denseParts: [DenseParameter] {
        switch self {
        case .dense(let parameter): [parameter]
        case .several(let parameters): parameters
        case .none, .trits, .table: []
        }
    }

    public var matrix: TernaryMatrix {
        guard case .trits(let matrix) = self else { preconditionFailure("the operation has no ternary weight") }
        return matrix
    }

    public var table: Table {
        guard case .table(let table) = self else { preconditionFailure("the operation has no table") }
        return table
    }
}

/// Floats that stay where they are as long as this lives.
public final class DenseParameter: @unchecked Sendable {
    package let pointer: UnsafePointer<Float>
    package let count: Int

    public init(_ values: [Float]) {
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, values.count))
        _ = memory.initialize(from: values)
        guard let base = memory.baseAddress else { preconditionFailure("an allocation has an address") }
        (pointer, count) = (UnsafePointer(base), values.count)
    }

    deinit { pointer.deallocate() }

    /// Asks for all of it, which will soon be read.
    func fetch() { Tensors.fetch(UnsafeRawBufferPointer(start: pointer, count: count * MemoryLayout<Float>.size)) }
}
