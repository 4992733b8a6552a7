import Basis

/// Programs as text. `Program(assembling:)` says how it reads.
extension Program {
    /// What an assembler makes the same program of.
    public var text: String {
        var lines = blocks.map(line)
        var owner: Int?
        for (index, instruction) in instructions.enumerated() {
            if owners[index] != owner {
                owner = owners[index]
                lines.append(".node \(JSON.string(node(of: index)).compact)")
            }
            lines.append("    " + line(instruction))
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func line(_ block: Block) -> String {
        let rows = block.kind == .trits ? ", \(block.rows.lowerBound), \(block.rows.count)" : ""
        let subject = JSON.string(block.subject).compact
        return ".block \(block.name), \(hexadecimal(block.address)), \(block.bytes), \(block.kind.rawValue), \(subject)\(rows)"
    }

    private func line(_ instruction: Instruction) -> String {
        let operands = instruction.opcode.fields.map { field in
            let value = instruction[field]
            if field.isRegister { return value == Instruction.none ? "-" : "r\(value)" }
            if field == .epsilon { return epsilon(instruction.epsilon) }
            return field.isAddress ? place(value) : "\(value)"
        }
        return operands.isEmpty ? instruction.opcode.rawValue : "\(instruction.opcode.rawValue) \(operands.joined(separator: ", "))"
    }

    /// A float as it is read back; one that is no finite number by its bits.
    private func epsilon(_ value: Float) -> String { value.isFinite ? "\(value)" : "bits \(hexadecimal(Int(value.bitPattern)))" }

    /// A label and the distance from it.
    private func place(_ address: Int) -> String {
        guard let block = block(at: address) else { return hexadecimal(address) }
        return address == block.address ? block.name : "\(block.name) + \(address - block.address)"
    }
}

func hexadecimal(_ value: Int) -> String { "0x" + String(value, radix: 16) }
