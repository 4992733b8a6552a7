/// A machine that a model could run on, as far as its cost goes: memories, engines, overheads, powers, each number with its source.
/// tern-device(5) describes the file it comes from.
public struct Device: Sendable {
    /// As its file and the command line call it.
    public let name: String
    public let title: String
    public let category: Category
    /// What a reader should know before believing it.
    public let note: String?
    /// How many of what the other numbers describe share a model.
    public var chips: Int
    public let split: Split
    /// Nearest first.
    public internal(set) var memories: [MemoryLevel]
    public internal(set) var engines: Engines
    /// Seconds that each launch takes beside its work.
    var overhead: Quantity?
    let launches: Launches
    /// How many launches an operation is, by its name, where software starts each step of it by itself.
    let launchCounts: [String: Quantity]
    let weights: Weights
    /// Rows that go through a model at once; nil if as many as there are.
    let passRows: Int?
    let power: Power
    var link: Link?
    let energies: EnergyTable
    /// The numbers of an instruction-level model, where there is one.
    public internal(set) var core: CoreNumbers?

    /// What kind of chip it is.
    public enum Category: String, CaseIterable, Sendable { case cpu, gpu, fpga, asic, neuromorphic, core }

    /// Bytes of a number between operations: processors and cores keep 32 bits, other chips 16.
    var activationBytes: Double { category == .cpu || category == .core ? 4 : 2 }

    /// How several chips share a model: each has some of its layers, or a part of every matrix.
    public enum Split: String, CaseIterable, Sendable { case pipeline, tensor }

    /// How weights come to the engines: when they are needed; ahead of that, since their order is known; or not at all, because each part
    /// of the chip holds its own, and is all that works on them.
    public enum Weights: String, CaseIterable, Sendable { case fetched, ahead, stationary }

    /// What is started at once: an operation of the graph, all products that do not depend on each other, or a whole pass.
    enum Launches: String, CaseIterable, Sendable { case node, stage, pass }
}
