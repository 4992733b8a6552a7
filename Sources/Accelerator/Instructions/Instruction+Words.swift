import Basis

/// Instructions as the ROM holds them: 256 bits each, as four words of 64, the lowest bits first.
///
///     bits 0-7      the opcode's number
///     bits 8-55     six registers: to, a, b, c, weight, state; 255 for none
///     bits 56-175   three numbers of 40 bits
///     bits 176-239  two numbers of 32 bits
///
/// The numbers are those operands that are no registers, in their order.
extension Instruction {
    static let wordCount = 4
    private static let slots: [(at: Int, bits: Int)] = [(56, 40), (96, 40), (136, 40), (176, 32), (208, 32)]
    private static let registerFields: [Field] = [.to, .a, .b, .c, .weight, .state]

    var words: [UInt64] {
        var words = [UInt64](repeating: 0, count: Self.wordCount)
        words.put(Opcode.allCases.firstIndex(of: opcode) ?? 0, at: 0, bits: 8)
        for (index, field) in Self.registerFields.enumerated() { words.put(self[field] & 0xFF, at: 8 + 8 * index, bits: 8) }
        for (field, slot) in zip(opcode.numbers, Self.slots) { words.put(self[field], at: slot.at, bits: slot.bits) }
        return words
    }

    init(words: [UInt64]) throws {
        let number = words.take(at: 0, bits: 8)
        guard words.count == Self.wordCount, Opcode.allCases.indices.contains(number) else {
            throw Failure("there is no instruction number \(number)")
        }
        self.init(Opcode.allCases[number])
        for (index, field) in Self.registerFields.enumerated() {
            let register = words.take(at: 8 + 8 * index, bits: 8)
            self[field] = register == 0xFF ? Self.none : register
        }
        for (field, slot) in zip(opcode.numbers, Self.slots) { self[field] = words.take(at: slot.at, bits: slot.bits) }
        try check()
        guard self.words == words else { throw Failure("\(opcode.rawValue) has bits set that it has no operand for") }
    }
}

extension Opcode {
    /// Operands that are no registers.
    fileprivate var numbers: [Field] { fields.filter { !$0.isRegister } }
}

extension [UInt64] {
    fileprivate mutating func put(_ value: Int, at start: Int, bits: Int) {
        for bit in 0..<bits where value >> bit & 1 == 1 { self[(start + bit) / 64] |= 1 << UInt64((start + bit) % 64) }
    }

    fileprivate func take(at start: Int, bits: Int) -> Int {
        (0..<bits).reduce(0) { value, bit in
            let (word, place) = ((start + bit) / 64, (start + bit) % 64)
            return word < count && self[word] >> UInt64(place) & 1 == 1 ? value | 1 << bit : value
        }
    }
}
