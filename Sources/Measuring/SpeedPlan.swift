import Tensors

/// What `SpeedRun` measures.
public struct SpeedPlan: Hashable, Sendable {
    /// Tokens of the prompt whose reading is timed; none is if 0.
    public var prompt = 512
    /// Texts decoded at once, one measurement each.
    public var batches = [1, 2, 4, 8, 16, 32, 64]
    /// Numbers of threads that decode one text; the most of them do everything else.
    public var threads: [Int]
    /// Tokens that a text has before one more is decoded; for models to which that matters.
    public var contexts: [Int] = []
    /// What keys and values are kept in.
    public var cache = CacheElement.float32
    public var rounds = 4
    /// A measurement goes on for at least so long in each round.
    public var seconds = 0.25

    /// One, two, four threads and so on, up to `most`.
    public init(threads most: Int) { threads = SpeedPlan.doublings(to: most) }

    /// 1, 2, 4 and so on, and `most`.
    static func doublings(to most: Int) -> [Int] {
        var counts: [Int] = [], next = 1
        while next < most {
            counts.append(next)
            next *= 2
        }
        return counts + [most]
    }

    /// What is measured, in the order of a report.
    var points: [SpeedPoint] {
        let most = threads.max() ?? 1
        let reading = prompt > 0 ? [SpeedPoint(phase: .prefill, threads: most, batch: 1, context: prompt)] : []
        let fewer = threads.filter { $0 < most }.map { SpeedPoint(phase: .decode, threads: $0, batch: 1, context: 0) }
        let decoding = batches.map { SpeedPoint(phase: .decode, threads: most, batch: $0, context: 0) }
        let contexts = contexts.map { SpeedPoint(phase: .decode, threads: most, batch: 1, context: $0) }
        return reading + fewer + decoding + contexts
    }
}

/// One measurement: what is done, by how many threads, for how many texts.
public struct SpeedPoint: Hashable, Sendable {
    public enum Phase: String, Sendable { case prefill, decode }

    public let phase: Phase
    public let threads: Int
    public let batch: Int
    /// Prefill: tokens of the prompt. Decode: tokens that each text had at the start.
    public let context: Int
}
