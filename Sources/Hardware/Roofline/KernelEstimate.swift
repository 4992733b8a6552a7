/// What keeps a launch from being faster.
public enum Bound: String, CaseIterable, Sendable {
    case memory, compute, overhead
}

/// The cost of one launch: one or more works that a device does in one go.
public struct KernelEstimate: Sendable {
    /// Of the first work; others are counted.
    public let name: String
    public let layer: Layer
    public let operation: String
    public let kind: Work.Kind
    public let works: Int
    public let rows: Int
    /// Seconds that reading and writing alone would take, arithmetic alone, and what a launch takes beside.
    public let memorySeconds: Double
    public let computeSeconds: Double
    public let overheadSeconds: Double
    /// Bytes moved, by memory.
    public let bytes: [String: Double]
    /// Two a multiply-add.
    public let operations: Double
    public internal(set) var energy: Energy

    /// From the start of the launch to its end.
    public var seconds: Double { overheadSeconds + max(memorySeconds, computeSeconds) }
    public var allBytes: Double { bytes.values.reduce(0, +) }

    /// What takes most of its time.
    public var bound: Bound {
        if overheadSeconds > max(memorySeconds, computeSeconds) { return .overhead }
        return memorySeconds >= computeSeconds ? .memory : .compute
    }
}
