import Basis

extension Program {
    /// Refuses what a core has not: registers, their width, units.
    public func check(for core: Core) throws {
        for (index, instruction) in instructions.enumerated() {
            try placing("instruction \(index), \(instruction.opcode.rawValue)") { try core.check(instruction) }
        }
    }
}

extension Core {
    func check(_ instruction: Instruction) throws {
        if let register = instruction.registers.first(where: { $0 >= registers }) {
            throw Failure("the core has \(registers) registers, no r\(register)")
        }
        guard instruction.registers.isEmpty || instruction.width <= registerWidth else {
            throw Failure("works on \(instruction.width) numbers, a register holds \(registerWidth)")
        }
        let unit = instruction.opcode.unit
        guard unit != .attention || attention != nil else { throw Failure("the core has no unit for attention") }
        guard unit != .host || host != nil else { throw Failure("the core has no host") }
    }
}
