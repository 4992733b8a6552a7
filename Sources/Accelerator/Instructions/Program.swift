import Basis

/// What a core does for a token: instructions, the node of the graph that each belongs to, and what lies in memory.
public struct Program: Hashable, Sendable {
    public internal(set) var instructions: [Instruction] = []
    /// Nodes of the graph that the instructions stand for, in the order of their first instruction.
    public internal(set) var nodes: [String] = []
    /// Of each instruction: its node, a position in `nodes`; -1 where it belongs to none.
    public internal(set) var owners: [Int] = []
    /// What lies in memory, by address.
    public internal(set) var blocks: [Block] = []

    init() {}

    /// A stretch of memory.
    public struct Block: Hashable, Sendable {
        /// Its label.
        public let name: String
        public let address: Int
        public let bytes: Int
        public let kind: Kind
        /// What fills it: a weight's name; for gains and what changes the name of a node.
        public let subject: String
        /// Of trits: which rows of the matrix.
        public let rows: Range<Int>

        /// What a block holds.
        public enum Kind: String, CaseIterable, Sendable {
            case trits
            /// What a trit of a matrix stands for.
            case scale
            /// Dense weights as their operation wants them.
            case gain
            case table
            case state
            /// Keys and values.
            case cache
            case spill
            case output
        }
    }

    /// The instructions as the ROM holds them, 256 bits each (`Instruction.words`).
    public var rom: [UInt64] { instructions.flatMap(\.words) }

    /// Instructions out of a ROM.
    public static func instructions(rom: [UInt64]) throws -> [Instruction] {
        let size = Instruction.wordCount
        guard rom.count % size == 0 else { throw Failure("a ROM of \(rom.count) words is not a multiple of \(size)") }
        return try (0..<rom.count / size).map { index in
            try placing("instruction \(index)") { try Instruction(words: Array(rom[index * size..<(index + 1) * size])) }
        }
    }

    /// The block that an address lies in.
    func block(at address: Int) -> Block? { blockIndex(at: address).map { blocks[$0] } }

    func blockIndex(at address: Int) -> Int? {
        var (low, high) = (0, blocks.count)
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        guard low > 0, address - blocks[low - 1].address < blocks[low - 1].bytes else { return nil }
        return low - 1
    }

    /// The node of an instruction; empty where it belongs to none.
    public func node(of instruction: Int) -> String { nodes.indices.contains(owners[instruction]) ? nodes[owners[instruction]] : "" }

    /// More than the longest program of a graph.
    static let instructionLimit = 1 << 20
}

/// A program as it grows.
struct ProgramBuilder {
    private(set) var program = Program()
    private var positions: [String: Int] = [:]

    /// Adds an instruction that belongs to a node, or to none.
    mutating func append(_ instruction: Instruction, node: String?) {
        program.instructions.append(instruction)
        program.owners.append(node.map { position(of: $0) } ?? -1)
    }

    private mutating func position(of node: String) -> Int {
        if let known = positions[node] { return known }
        positions[node] = program.nodes.count
        program.nodes.append(node)
        return program.nodes.count - 1
    }

    /// The program with what lies in memory; refuses blocks that overlap.
    func finished(_ blocks: [Program.Block]) throws -> Program {
        var result = program
        result.blocks = blocks.sorted { $0.address < $1.address }
        for (a, b) in zip(result.blocks, result.blocks.dropFirst()) where a.address + a.bytes > b.address {
            throw Failure("the blocks '\(a.name)' and '\(b.name)' overlap")
        }
        return result
    }
}
