import Basis

/// When a core does what: a reading of a program for one token.
///
/// Instructions are issued in their order, one a cycle at most; one waits while its unit or any register that it reads or writes is
/// busy. They end when they end: a load behind a product may be done long before it.
public struct Timing: Sendable {
    /// Cycles from the first issue to the last end.
    public let cycles: Int
    /// An instruction each, in the program's order.
    public let records: [Record]
    /// Cycles in which each unit is at work.
    public let busy: [Unit: Int]
    /// Bytes that go through the port, or to the host, by what they are; those of no block are not among them.
    public let bytes: [Program.Block.Kind: Int]
    /// Cycles of each node on the way that no other work shortens: what the last instruction waited for, what that waited for, and so on
    /// back to the first. They add up to all cycles; a node whose work is hidden behind others' has none. In the program's order.
    public let nodes: [(name: String, cycles: Int)]
    private let clock: Double
    private let cores: Int

    /// An instruction's time.
    public struct Record: Hashable, Sendable {
        public let instruction: Int
        public let unit: Unit
        public let start: Int
        public let end: Int
        /// Cycles that it waited to be issued, and for what.
        public let waited: Int
        public let reason: Reason?
        /// The instruction that held it up last: until it ended where there is a reason, until it was issued where there is none. Nil for
        /// the first.
        public let after: Int?
        /// Cycles that it takes longer than its unit alone would, waiting for the port.
        public let waitedForPort: Int
    }

    /// What an instruction waits for.
    public enum Reason: String, CaseIterable, Sendable { case port, register, unit }

    /// The time of a program in a session that has seen `past` tokens.
    public init(_ program: Program, _ core: Core, past: Int = 0) throws {
        try core.check()
        guard past >= 0, past < Instruction.sizeLimit else { throw Failure("\(past) tokens before this one cannot be") }
        var scoreboard = Scoreboard(program, core, past: past)
        try scoreboard.run()
        (records, busy, bytes) = (scoreboard.records, scoreboard.busy, scoreboard.bytes)
        cycles = records.reduce(0) { max($0, $1.end) }
        nodes = Timing.shares(program, records)
        (clock, cores) = (core.clock, core.cores)
    }

    /// Seconds from a token's begin to its end.
    public var seconds: Double { Double(cycles) / clock }

    /// Of all cores, each at a token of its own.
    public var tokensPerSecond: Double { Double(cores) * clock / Double(max(1, cycles)) }

    /// Cycles that the nodes below a name add: `model.layers.3`.
    public func cycles(below name: String) -> Int {
        nodes.reduce(0) { $1.name == name || $1.name.hasPrefix(name + ".") ? $0 + $1.cycles : $0 }
    }

    /// Cycles that instructions waited, by what for.
    public var waits: [Reason: Int] {
        var result: [Reason: Int] = [:]
        for record in records {
            if let reason = record.reason { result[reason, default: 0] += record.waited }
            result[.port, default: 0] += record.waitedForPort
        }
        return result
    }

    private static func shares(_ program: Program, _ records: [Record]) -> [(name: String, cycles: Int)] {
        var shares = [Int](repeating: 0, count: program.nodes.count)
        var next = records.indices.max { records[$0].end < records[$1].end }, until = next.map { records[$0].end } ?? 0
        while let current = next {
            let record = records[current], owner = program.owners[record.instruction]
            if shares.indices.contains(owner) { shares[owner] += until - record.start }
            (next, until) = (record.after, record.start)
        }
        return zip(program.nodes, shares).map { ($0, $1) }
    }
}
