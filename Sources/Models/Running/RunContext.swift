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
    public var floatStates: [UnsafeMutablePointer<Float>] {
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

    /// The same, where whole operations are done side by side: these take longer than a pass over their numbers.
    static let sideGrain = 4096
}

/// The rows of one session in a run.
public struct Segment: Hashable, Sendable {
    package init(rows: Range<Int>, position: Int) { (self.rows, self.position) = (rows, position) }

    public let rows: Range<Int>
    /// Tokens that the session had seen before.
    public let position: Int
}
