import Basis
import Models
import Tensors

/// Thinks before it speaks: a model that was taught to is fed a start, tokens that it chooses itself and an end, on a fork of the session;
/// what it answers then is the next token's logits, mixed of those with the thought and those without (Zelikman et al. 2024, "Quiet-STaR").
/// The session itself never sees the thought.
public struct Thinker: Sendable {
    private let start: Int32
    private let end: Int32
    /// What fills thoughts, of a model that was taught to pause instead of thinking.
    private let filler: Int32?
    /// Tokens of a thought.
    public let length: Int
    /// Of drawing them; 0 takes the likeliest.
    public var temperature = 0.0

    /// For thoughts of `length` tokens of a model whose config.json is given; refuses one that was never taught to think.
    public init(_ configuration: JSON, length: Int) throws {
        let thinking = configuration["thinking"]
        guard let start = thinking?["start"]?.intValue.flatMap(Int32.init(exactly:)), start >= 0,
            let end = thinking?["end"]?.intValue.flatMap(Int32.init(exactly:)), end >= 0
        else { throw Failure("the model was not taught to think") }
        (self.start, self.end, self.length) = (start, end, length)
        filler = thinking?["filler"]?.intValue.flatMap(Int32.init(exactly:)).flatMap { $0 < 0 ? nil : $0 }
    }

    /// Refuses a thought to be thought as it is given.
    public func check(given thought: [Int32]) throws {
        guard thought.count == length else { throw Failure("the thought has \(thought.count) tokens, and thoughts are \(length) long") }
    }

    /// What the draws of a thought after so many tokens begin with, where those of the text begin with `seed`.
    static func seed(_ seed: UInt64, after tokens: Int) -> UInt64 { seed &+ UInt64(tokens) &* 0x9e37_79b9_7f4a_7c15 }

    /// Calls `take` for each session with the logits after a thought, and the thought. What a session thinks follows from it and its seed
    /// alone, or is given.
    public func think(
        _ sessions: [Session], seeds: [UInt64], given: [[Int32]?] = [], _ machine: Machine,
        _ take: (_ session: Int, _ logits: UnsafeBufferPointer<Float>, _ thought: [Int32]) throws -> Void
    ) throws {
        var thoughts = [[Int32]](repeating: [], count: sessions.count), branches = sessions
        let ranking = LogitRanking(machine.kernels)
        var samplers = seeds.map { seed in
            var options = SamplingOptions()
            (options.temperature, options.topK, options.topP, options.seed) = (temperature, 0, 1, seed)
            return Sampler(options, ranking)
        }
        var next = [Int32](repeating: start, count: sessions.count)
        for step in 0...length {
            let isLast = step == length
            try feed(next, to: &branches, machine, wanted: isLast ? .none : .last) { index, logits in
                let chosen = given.isEmpty ? nil : given[index]?[step]
                next[index] = chosen ?? filler ?? choose(&samplers[index], logits)
                thoughts[index].append(next[index])
            }
        }
        try feed([Int32](repeating: end, count: sessions.count), to: &branches, machine, wanted: .last) { try take($0, $1, thoughts[$0]) }
    }

    private func feed(
        _ tokens: [Int32], to branches: inout [Session], _ machine: Machine, wanted: Machine.Wanted,
        _ visit: (Int, UnsafeBufferPointer<Float>) throws -> Void
    ) throws {
        var feeds = branches.indices.map { Machine.Feed(branches[$0], [tokens[$0]], wanted: wanted) }
        branches = []
        try machine.run(&feeds) { index, _, logits in try visit(index, logits) }
        branches = feeds.map(\.session)
    }

    /// A choice among all tokens but a start and an end, which thoughts never hold, where the vocabulary has these.
    private func choose(_ sampler: inout Sampler, _ logits: UnsafeBufferPointer<Float>) -> Int32 {
        guard Int(min(start, end)) < logits.count else { return sampler.next(logits, seen: []) }
        var copy = Array(logits)
        for token in [Int(start), Int(end)] where token < copy.count { copy[token] = -.infinity }
        return copy.withUnsafeBufferPointer { sampler.next($0, seen: []) }
    }
}
