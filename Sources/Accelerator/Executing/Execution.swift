import Basis
import Models
import Tensors

/// Runs a program on a model's weights, number by number as the core would: trits out of its own memory, int8 activations, sums as wide as
/// its accumulators. Rows of floats go through the kernels that `Machine` runs, so that both give the same bits.
///
/// One session: each token comes after those before it.
public final class Execution {
    public let program: Program
    public let core: Core
    /// Sums that did not fit the accumulator, and so wrapped round.
    public private(set) var overflows = 0
    /// Sees each product by trits.
    public var observe: ((Product) -> Void)?

    let graph: Graph
    let weights: Weights
    let kernels: Kernels
    let threads: ThreadPool
    var memory: MemoryImage
    var registers: [RegisterValue?]
    private var session: Session
    private var token: [Int32] = [0]
    private var states: [StateMemory] = []

    /// A product by trits as it was done.
    public struct Product: Sendable {
        /// Its place in the program.
        public let instruction: Int
        public let activations: [Int8]
        /// A row of the matrix each, before they are scaled.
        public let sums: [Int]
        /// The same scaled.
        public let outputs: [Float]
    }

    /// Fails if the weights are not those that the graph names, or the program is not for this graph and core.
    public init(
        _ program: Program, _ core: Core, _ graph: Graph, from source: any TensorSource, kernels: Kernels, threads: ThreadPool
    ) throws {
        try core.check()
        guard core.numberBits == 32 else { throw Failure("exact numbers take 32 bits, the core's 'numberBits' is \(core.numberBits)") }
        (self.program, self.core, self.graph, self.kernels, self.threads) = (program, core, graph, kernels, threads)
        weights = try Weights(graph, from: source, kernels: kernels, threads: threads)
        memory = try MemoryImage(program, core, graph, from: source, weights)
        registers = [RegisterValue?](repeating: nil, count: core.registers)
        session = graph.session
    }

    /// Feeds a token and returns the output, a row of floats.
    public func run(token: Int32) throws -> [Float] {
        self.token = [token]
        states = try session.prepare(tokens: 1)
        for (index, instruction) in program.instructions.enumerated() where instruction.opcode != .halt {
            try placing("instruction \(index), \(instruction.opcode.rawValue)") { try execute(instruction, index) }
        }
        session.position += 1
        return try output()
    }

    private func output() throws -> [Float] {
        let name = graph.nodes.last?.name ?? ""
        guard let block = program.blocks.first(where: { $0.kind == .output && $0.subject == name }) else {
            throw Failure("the program keeps no output of node '\(name)'")
        }
        return try memory.floats(block.address, graph.outputWidth)
    }

    private func execute(_ instruction: Instruction, _ index: Int) throws {
        switch instruction.opcode {
        case .ternary, .ternaryStore: try multiply(instruction, index)
        case .load, .loadQuantised, .loadRow, .store, .storeQuantised: try move(instruction)
        case .norm: try norm(instruction)
        case .copy: try copy(instruction)
        case .attention, .hostAttention, .rope, .call, .hostCall: try call(instruction, try node(of: index))
        case .hostLinear, .hostLinearStore: try linear(instruction, try node(of: index))
        default: try elementwise(instruction)
        }
    }

    private func node(of index: Int) throws -> Graph.Node { graph.nodes[try graph.node(named: program.node(of: index))] }

    func count(overflows: Int) { self.overflows += overflows }

    /// The token that is fed, and where it stands.
    var place: TokenPlace { TokenPlace(id: Int(token[0]), position: session.position) }

    /// What attention of a node remembers.
    func sessionState(of node: Graph.Node) throws -> StateMemory {
        let names = graph.statefulNodes.map { graph.nodes[$0].name }
        guard let slot = names.firstIndex(of: node.name) else { throw Failure("node '\(node.name)' remembers nothing") }
        return states[slot]
    }

    /// Runs an operation on one row.
    func run(
        _ operation: any Operation, _ inputs: [RegisterValue], parameter: Parameter = .none, states: [StateMemory] = []
    ) throws -> RegisterValue {
        let output = RowMemory(try operation.form(of: inputs.map(\.form))), rows = inputs.map { RowMemory($0) }
        token.withUnsafeBufferPointer { tokens in
            let context = RunContext(
                kernels: kernels, threads: threads, tokens: tokens, segments: [Segment(rows: 0..<1, position: session.position)],
                parameter: parameter, states: states)
            operation.run(rows.map(\.rows), output.rows, context)
        }
        return withExtendedLifetime(rows) { output.value }
    }
}
