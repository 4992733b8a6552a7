import Models

/// The cost of one pass through a model.
public struct PassEstimate: Sendable {
    public let kernels: [KernelEstimate]
    /// Seconds between chips.
    public let linkSeconds: Double
    /// Seconds from the beginning to the end of the pass, after which the next one begins.
    public let seconds: Double
    /// All of it, idle and host included.
    public let energy: Energy
    /// How many passes it stands for.
    public internal(set) var times = 1.0

    /// Seconds, by what bounds them.
    public var bounds: [(Bound, Double)] {
        Bound.allCases.map { bound in (bound, kernels.reduce(0) { $0 + ($1.bound == bound ? $1.seconds : 0) }) }
    }

    /// The share of the time in which memories or engines work.
    var workingShare: Double {
        let all = kernels.reduce(0) { $0 + $1.seconds }
        return all > 0 ? kernels.reduce(0) { $0 + $1.seconds - $1.overheadSeconds } / all : 0
    }

    /// Moved by all launches, and two operations a multiply-add.
    public var bytes: Double { kernels.reduce(0) { $0 + $1.allBytes } }
    public var operations: Double { kernels.reduce(0) { $0 + $1.operations } }
}
