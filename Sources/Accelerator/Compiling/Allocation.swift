import Basis
import Models

/// Vectors get registers: while there are too few, the one that is wanted last goes to memory, unless memory holds it already, and comes
/// back when it is wanted (Belady 1966).
struct Allocation {
    private let core: Core
    private let code: [VirtualInstruction]
    private let vectors: [Vector]
    var layout: Layout
    var builder = ProgramBuilder()
    /// Of each vector, where it is read or changed, in order; those that are done are taken away.
    private var uses: [ArraySlice<Int>]
    /// Of each register, the vector in it.
    private var contents: [Int?]
    private var places: [Int: Int] = [:]
    /// Where memory holds a vector.
    private var homes: [Int?]
    private var slots: [Int: Int] = [:]
    private var freeSlots: [Int: [Int]] = [:]
    private var slotCount = 0

    init(_ lowering: Lowering) {
        (core, code, vectors, layout) = (lowering.core, lowering.code, lowering.vectors, lowering.layout)
        var uses = [[Int]](repeating: [], count: lowering.vectors.count)
        for (index, step) in lowering.code.enumerated() { for vector in step.instruction.reads { uses[vector].append(index) } }
        self.uses = uses.map { $0[...] }
        contents = [Int?](repeating: nil, count: lowering.core.registers)
        homes = lowering.vectors.map(\.home)
    }

    mutating func run() throws {
        for (index, step) in code.enumerated() { try allocate(step, index) }
    }

    private mutating func allocate(_ step: VirtualInstruction, _ index: Int) throws {
        var instruction = step.instruction
        let reads = instruction.reads
        for vector in reads { try bring(vector, step, keeping: reads) }
        for field in [Field.a, .b, .c, .weight, .state] where instruction[field] != Instruction.none {
            instruction[field] = places[instruction[field]] ?? 0
        }
        if step.instruction.state != Instruction.none { homes[step.instruction.state] = nil }
        for vector in reads { uses[vector].removeFirst() }
        if instruction.opcode.mayOverwrite { reads.forEach { release($0) } }
        if instruction.to != Instruction.none {
            let register = try freeRegister(step, keeping: reads)
            hold(instruction.to, in: register)
            instruction.to = register
        }
        builder.append(instruction, node: step.node.isEmpty ? nil : step.node)
        for vector in reads + (step.instruction.to == Instruction.none ? [] : [step.instruction.to]) { release(vector) }
    }

    private mutating func hold(_ vector: Int, in register: Int) {
        contents[register] = vector
        places[vector] = register
    }

    /// Frees what a vector has once nobody wants it any more.
    private mutating func release(_ vector: Int) {
        guard uses[vector].isEmpty else { return }
        if let register = places.removeValue(forKey: vector) { contents[register] = nil }
        if let slot = slots.removeValue(forKey: vector) { freeSlots[bytes(of: vector), default: []].append(slot) }
    }

    /// A vector that is in no register comes from memory.
    private mutating func bring(_ vector: Int, _ step: VirtualInstruction, keeping: [Int]) throws {
        guard places[vector] == nil else { return }
        guard let home = homes[vector] else { throw Failure("a vector is read before it is made") }
        let register = try freeRegister(step, keeping: keeping)
        hold(vector, in: register)
        var load = Instruction(isQuantised(vector) ? .loadQuantised : .load)
        (load.to, load.address, load.width) = (register, home, vectors[vector].form.width)
        builder.append(load, node: step.node)
    }

    private mutating func freeRegister(_ step: VirtualInstruction, keeping: [Int]) throws -> Int {
        if let free = contents.firstIndex(of: nil) { return free }
        let candidates = contents.indices.filter { contents[$0].map { !keeping.contains($0) } ?? false }
        guard let chosen = candidates.max(by: { nextUse(in: $0) < nextUse(in: $1) }), let vector = contents[chosen] else {
            throw Failure("node '\(step.node)' needs more registers at once than the \(core.registers) of the core's 'registers'")
        }
        try spill(vector, from: chosen, step)
        return chosen
    }

    private func nextUse(in register: Int) -> Int { contents[register].flatMap { uses[$0].first } ?? .max }

    private mutating func spill(_ vector: Int, from register: Int, _ step: VirtualInstruction) throws {
        places[vector] = nil
        contents[register] = nil
        guard homes[vector] == nil else { return }
        let slot = try slot(for: vector)
        homes[vector] = slot
        var store = Instruction(isQuantised(vector) ? .storeQuantised : .store)
        (store.a, store.address, store.width) = (register, slot, vectors[vector].form.width)
        builder.append(store, node: step.node)
    }

    private mutating func slot(for vector: Int) throws -> Int {
        let bytes = bytes(of: vector)
        if let free = freeSlots[bytes]?.popLast() {
            slots[vector] = free
            return free
        }
        slotCount += 1
        let slot = try layout.address(.spill, "spill.\(slotCount)", bytes: bytes)
        slots[vector] = slot
        return slot
    }

    private func isQuantised(_ vector: Int) -> Bool { if case .quantised = vectors[vector].form { true } else { false } }

    private func bytes(of vector: Int) -> Int {
        switch vectors[vector].form {
        case .floats(let width): core.bytes(numbers: width)
        case .quantised(let width): core.bytes(quantised: width)
        }
    }
}
