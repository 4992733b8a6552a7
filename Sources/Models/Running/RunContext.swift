import Tensors

/// What an operation may look at while it runs, beside its inputs.
public struct RunContext: ~Copyable {
    public let kernels: Kernels
    public let threads: ThreadPool
    /// The tokens of the rows, in row order.
    public let tokens: UnsafeBufferPointer<Int32>
    /// Which rows belong to which session, in row order.
    public let segments: [Segment]
    /// The node's weight.
    public internal(set) var parameter: Parameter
    /// The node's state, one for each segment.
    public internal(set) var states: [StateMemory]

    package init(
        kernels: Kernels, threads: ThreadPool, tokens: UnsafeBufferPointer<Int32>, segments: [Segment], parameter: Parameter,
        states: [StateMemory]
    ) {
        (self.kernels, self.threads, self.tokens, self.segments) = (kernels, threads, tokens, segments)
        (self.parameter, self.states) = (parameter, states)
    }

    /// The node's state, where it is floats.
    var floatStates: [UnsafeMutablePointer<Float>] {
        states.compactMap { if case .floats(let pointer) = $0 { pointer } else { nil } }
    }

    /// The node's state, where it is keys and values.
    var keyValueStates: [KeyValuePointers] {
        states.compactMap { if case .pages(let pages) = $0 { pages } else { nil } }
    }

    /// Calls `body` with parts of the rows, several at a time where that pays; rows must not depend on each other.
    public func eachRow(of rows: Rows, _ body: (Int) -> Void) {
        threads.parallel(rows.count, grain: max(1, RunContext.grain / max(1, rows.width))) { part in
            for row in part { body(row) }
        }
    }

    /// Numbers below which handing work to another thread costs more than it saves.
    static let grain = 16384
}

/// The rows of one session in a run.
public struct Segment: Hashable, Sendable {
    package init(rows: Range<Int>, position: Int) { (self.rows, self.position) = (rows, position) }

    public let rows: Range<Int>
    /// Tokens that the session had seen before.
    public let position: Int
}

/// A weight as it lies in memory for running.
public enum Parameter: Sendable {
    case none
    case trits(TernaryMatrix)
    case table(Table)
    case dense(DenseParameter)

    /// Of a dense weight: its numbers, as `Operation.prepared` left them.
    public var floats: UnsafePointer<Float> {
        guard case .dense(let parameter) = self else { preconditionFailure("the operation has no dense weight") }
        return parameter.pointer
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
    let count: Int

    public init(_ values: [Float]) {
        let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, values.count))
        _ = memory.initialize(from: values)
        guard let base = memory.baseAddress else { preconditionFailure("an allocation has an address") }
        (pointer, count) = (UnsafePointer(base), values.count)
    }

    deinit { pointer.deallocate() }
}
