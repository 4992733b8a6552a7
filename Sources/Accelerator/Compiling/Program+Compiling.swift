import Basis
import Models

extension Program {
    /// What a core does for one token of a model; keys and values get room for `context` tokens.
    ///
    /// The graph is read node by node, in its order or in that of its stages (`Graph.staged`), whichever is faster on this core. Each
    /// matrix is cut as its slices and the width of a register want it, and lies in memory tile after tile. Numbers go from register to
    /// register; what there is no register for goes to memory and comes back.
    public init(compiling graph: Graph, for core: Core, context: Int = 2048) throws {
        try core.check()
        guard (1...Instruction.sizeLimit).contains(context) else { throw Failure("a context of \(context) tokens cannot be") }
        guard !graph.nodes.isEmpty else { throw Failure("the graph has no nodes") }
        self = try Program(inOrder: graph, core, context)
        let inStages = try? Program(inOrder: graph.staged().graph, core, context)
        if let inStages, try Timing(inStages, core).cycles < Timing(self, core).cycles { self = inStages }
    }

    private init(inOrder graph: Graph, _ core: Core, _ context: Int) throws {
        var lowering = Lowering(graph, core, context: context)
        for node in graph.nodes.indices { try placing("node '\(graph.nodes[node].name)'") { try lowering.lower(node) } }
        try lowering.finish()
        var allocation = Allocation(lowering)
        try allocation.run()
        self = try allocation.builder.finished(allocation.layout.blocks)
        for instruction in instructions { try instruction.check() }
    }
}

/// An instruction whose registers are not those of the core yet: as many as there are vectors, each written once.
struct VirtualInstruction {
    var instruction: Instruction
    /// Empty where it belongs to none.
    let node: String
}

/// A vector that an instruction makes.
struct Vector {
    let form: Form
    /// Where memory holds it already.
    let home: Int?
}
