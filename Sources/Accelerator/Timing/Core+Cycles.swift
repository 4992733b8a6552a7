import Models

/// What instructions take of a core, the port left aside.
extension Core {
    /// Cycles of an instruction of any unit but the ternary one and that of loads and stores.
    func cycles(of instruction: Instruction, past: Int) -> Int {
        let width = instruction.width
        return switch instruction.opcode {
        case .norm: norm?.cycles(width: width, passes: 2) ?? hostCycles(4 * width)
        // The largest magnitude must be known before the first number can be scaled.
        case .quantise: row?.cycles(width: width, passes: 2) ?? hostCycles(5 * width)
        case .call: row?.cycles(width: max(width, instruction.work)) ?? hostCycles(max(width, instruction.work))
        case .attention:
            instruction.heads * (attentionCycles(tokens: seen(instruction, past: past), width: width) ?? 0)
        case .rope: attention.map { (2 * instruction.heads * width).ceilingDivided(by: $0.macs) + $0.latency } ?? 0
        case .hostCall: hostCycles(max(width, instruction.work))
        case .hostAttention: hostCycles(attentionOperations(instruction, past: past))
        case .hostLinear, .hostLinearStore: hostCycles(2 * instruction.rows * width)
        default: row?.cycles(width: width) ?? hostCycles(instruction.opcode.operations * width)
        }
    }

    private func hostCycles(_ operations: Int) -> Int {
        Int(min((Double(operations) * (host?.cyclesPerOperation ?? 0)).rounded(.up), 0x1p60))
    }

    /// Tokens that attention sees, this one among them.
    private func seen(_ instruction: Instruction, past: Int) -> Int {
        instruction.window == 0 ? past + 1 : min(instruction.window, past + 1)
    }

    private func attentionOperations(_ instruction: Instruction, past: Int) -> Int {
        let attention = Attention(
            heads: instruction.heads, keyValueHeads: instruction.keyHeads, width: instruction.width, window: instruction.window)
        return attention.cost([], past: past).arithmetic
    }

    /// Bytes of the matrix of a product.
    func matrixBytes(_ instruction: Instruction) -> Int {
        ternary.tiles(rows: instruction.rows, width: instruction.width) * ternary.wordBytes
    }

    /// Bytes that a load or a store moves.
    func movedBytes(_ instruction: Instruction) -> Int {
        switch instruction.opcode {
        case .loadQuantised, .storeQuantised: bytes(quantised: instruction.width)
        default: bytes(numbers: instruction.width)
        }
    }

    /// The bytes of memory that results go straight to.
    func written(_ instruction: Instruction) -> Range<Int> {
        guard instruction.opcode == .ternaryStore || instruction.opcode == .hostLinearStore else { return 0..<0 }
        return instruction.into..<instruction.into + bytes(numbers: instruction.rows)
    }

    /// Bytes of keys and values that are read, and those of this token, which are written.
    func cacheBytes(_ instruction: Instruction, past: Int) -> Int {
        bytes(numbers: 2 * instruction.keyHeads * instruction.width) * (seen(instruction, past: past) + 1)
    }
}

extension Opcode {
    /// Arithmetic operations on each number, where a processor does them one by one.
    fileprivate var operations: Int {
        switch self {
        case .sigmoid: 4
        case .silu: 5
        case .squaredRelu: 2
        default: 1
        }
    }
}

extension VectorUnit {
    /// Cycles for a vector to pass, without the latency.
    func beats(_ width: Int) -> Int { width.ceilingDivided(by: lanes) }
}
