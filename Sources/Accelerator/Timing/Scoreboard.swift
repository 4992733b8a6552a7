import Basis

/// Issues a program's instructions and keeps what is busy until when.
struct Scoreboard {
    private let program: Program
    private let core: Core
    private let past: Int
    private var port: PortClock
    /// Who had each unit and each register last, and until when.
    private var units: [Unit: Use] = [:]
    private var registers: [Use]
    /// Of each instruction: bytes of the matrix of the next product.
    private let nextMatrix: [Int]
    /// Results on their way straight to memory; a unit has one at a time.
    private var writes: [(bytes: Range<Int>, use: Use)] = []
    private var issued = -1

    private struct Use {
        var until = 0
        var instruction: Int?
    }

    private(set) var records: [Timing.Record] = []
    private(set) var busy: [Unit: Int] = [:]
    private(set) var bytes: [Program.Block.Kind: Int] = [:]

    init(_ program: Program, _ core: Core, past: Int) {
        (self.program, self.core, self.past, port) = (program, core, past, PortClock(core))
        registers = [Use](repeating: Use(), count: core.registers)
        var next = 0, sizes = [Int](repeating: 0, count: program.instructions.count)
        for (index, instruction) in program.instructions.enumerated().reversed() {
            if instruction.opcode.unit == .ternary { next = core.matrixBytes(instruction) }
            sizes[index] = next
        }
        nextMatrix = sizes
    }

    mutating func run() throws {
        for (index, instruction) in program.instructions.enumerated() {
            guard let unit = instruction.opcode.unit else { return }
            try placing("instruction \(index), \(instruction.opcode.rawValue)") {
                try core.check(instruction)
                let record = issue(instruction, index, unit)
                guard record.end < Scoreboard.cycleLimit else { throw Failure("ends after more than \(Scoreboard.cycleLimit) cycles") }
                records.append(record)
            }
        }
    }

    /// Years of any clock; keeps sums within 64 bits.
    private static let cycleLimit = 1 << 52

    private mutating func issue(_ instruction: Instruction, _ index: Int, _ unit: Unit) -> Timing.Record {
        let inTurn = issued + 1, unitUse = units[unit] ?? Use()
        let registerUse = instruction.registers.map { registers[$0] }.max { $0.until < $1.until } ?? Use()
        let (memoryUse, written) = (memoryUse(instruction), core.written(instruction))
        let last = [registerUse, unitUse, memoryUse].max { $0.until < $1.until } ?? Use(), start = max(inTurn, last.until)
        let reason: Timing.Reason? = start == inTurn ? nil : last.until == registerUse.until ? .register : .unit
        let (end, alone) = finish(instruction, index, unit, from: start)
        issued = start
        units[unit] = Use(until: end, instruction: index)
        for register in instruction.registers { registers[register] = Use(until: end, instruction: index) }
        writes.removeAll { $0.use.until <= start }
        if !written.isEmpty { writes.append((written, Use(until: end, instruction: index))) }
        busy[unit, default: 0] += end - start
        return Timing.Record(
            instruction: index, unit: unit, start: start, end: end, waited: start - inTurn, reason: reason,
            after: reason == nil ? (index > 0 ? index - 1 : nil) : last.instruction, waitedForPort: end - alone)
    }

    /// Results that a load must wait for.
    private func memoryUse(_ instruction: Instruction) -> Use {
        guard instruction.opcode.unit == .loadStore, !writes.isEmpty else { return Use() }
        let bytes = instruction.address..<instruction.address + core.movedBytes(instruction)
        return writes.filter { $0.bytes.overlaps(bytes) }.map(\.use).max { $0.until < $1.until } ?? Use()
    }

    /// When an instruction ends, and when it would if the port took no time.
    private mutating func finish(_ instruction: Instruction, _ index: Int, _ unit: Unit, from start: Int) -> (end: Int, alone: Int) {
        switch unit {
        case .ternary: return multiply(instruction, from: start)
        case .loadStore: return move(instruction, index, from: start)
        case .attention where instruction.opcode == .attention: return attend(instruction, index, from: start)
        default:
            if instruction.opcode == .hostLinear || instruction.opcode == .hostLinearStore {
                count(instruction.address, core.bytes(numbers: instruction.rows * instruction.width))
            }
            let end = start + core.cycles(of: instruction, past: past)
            return (end, end)
        }
    }

    private mutating func count(_ address: Int, _ size: Int) {
        guard let kind = program.block(at: address)?.kind else { return }
        let (sum, overflow) = bytes[kind, default: 0].addingReportingOverflow(size)
        bytes[kind] = overflow ? .max : sum
    }

    private mutating func move(_ instruction: Instruction, _ index: Int, from start: Int) -> (end: Int, alone: Int) {
        let alone = start + (core.row ?? VectorUnit()).beats(instruction.width)
        guard instruction.address >= core.scratchBytes else { return (alone, alone) }
        let size = core.movedBytes(instruction)
        count(instruction.address, size)
        return (max(alone, port.move(size, at: start, next: nextMatrix[index])), alone)
    }

    /// The activations go into the unit; then it takes a word a cycle, or as they come.
    private mutating func multiply(_ instruction: Instruction, from start: Int) -> (end: Int, alone: Int) {
        let unit = core.ternary, tiles = unit.tiles(rows: instruction.rows, width: instruction.width), size = core.matrixBytes(instruction)
        let toMemory = instruction.opcode == .ternaryStore ? core.bytes(numbers: instruction.rows) : 0
        let scale = instruction.scale >= core.scratchBytes ? 4 : 0
        count(instruction.address, size)
        if scale > 0 { count(instruction.scale, scale) }
        count(instruction.into, toMemory)
        let begin = start + unit.loadCycles(width: instruction.width), ready = begin + tiles
        let through = port.stream(
            size, results: toMemory + scale, at: begin, ready: ready, drain: core.port.fifo / unit.wordBytes)
        return (max(ready, through) + unit.latency, ready + unit.latency)
    }

    private mutating func attend(_ instruction: Instruction, _ index: Int, from start: Int) -> (end: Int, alone: Int) {
        let size = core.cacheBytes(instruction, past: past)
        count(instruction.address, size)
        let alone = start + core.cycles(of: instruction, past: past)
        return (max(alone, port.move(size, at: start, next: nextMatrix[index])), alone)
    }
}
