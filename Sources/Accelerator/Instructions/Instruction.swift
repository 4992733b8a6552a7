import Basis

/// One instruction: an opcode and the operands that the opcode has (`Opcode.fields`); all others are as in a new instruction.
public struct Instruction: Hashable, Sendable {
    public var opcode: Opcode
    /// Registers; `none` where there is none.
    public var to = none, a = none, b = none, c = none, weight = none, state = none
    /// Bytes of memory.
    public var into = 0, address = 0, scale = 0
    public var width = 0, rows = 0, start = 0, work = 0, heads = 0, keyHeads = 0, window = 0
    /// The bits of a Float.
    var epsilonBits = 0

    /// In place of a register's number.
    public static let none = -1

    public init(_ opcode: Opcode) { self.opcode = opcode }

    /// What is added to the mean of squares.
    public var epsilon: Float {
        get { Float(bitPattern: UInt32(truncatingIfNeeded: epsilonBits)) }
        set { epsilonBits = Int(newValue.bitPattern) }
    }

    /// The registers that it reads, each once.
    var reads: [Int] {
        var result: [Int] = []
        for register in [a, b, c, weight, state] where register != Self.none && !result.contains(register) { result.append(register) }
        return result
    }

    /// The registers that it reads or writes, each once.
    var registers: [Int] { to == Self.none || reads.contains(to) ? reads : [to] + reads }

    /// Registers that a program can name; addresses are below 2^40, work too; all other numbers are at most 2^24.
    static let registerLimit = 254, addressLimit = 1 << 40, sizeLimit = 1 << 24
    /// Numbers of a matrix: more than any real one has.
    static let matrixLimit = 1 << 34
}

extension Instruction {
    /// The operand by its name.
    subscript(field: Field) -> Int {
        get { self[keyPath: Self.path(field)] }
        set { self[keyPath: Self.path(field)] = newValue }
    }

    private static func path(_ field: Field) -> WritableKeyPath<Instruction, Int> {
        switch field {
        case .to: \.to
        case .a: \.a
        case .b: \.b
        case .c: \.c
        case .weight: \.weight
        case .state: \.state
        case .into: \.into
        case .address: \.address
        case .scale: \.scale
        case .width: \.width
        case .rows: \.rows
        case .start: \.start
        case .work: \.work
        case .heads: \.heads
        case .keyHeads: \.keyHeads
        case .window: \.window
        case .epsilon: \.epsilonBits
        }
    }

    /// Refuses an operand that is out of range, and sizes whose work could not be counted.
    func check() throws {
        for field in opcode.fields {
            let range = Self.range(of: field, opcode)
            guard range.contains(self[field]) else {
                let what = field.isRegister ? "register \(self[field])" : "'\(field.rawValue)' of \(self[field])"
                throw Failure("\(opcode.rawValue) has \(what), expected \(range.lowerBound) to \(range.upperBound)")
            }
        }
        guard rows * width <= Self.matrixLimit, max(heads, keyHeads) * width <= Self.sizeLimit else {
            throw Failure("\(opcode.rawValue) is for \(max(rows, heads, keyHeads)) times \(width) numbers, which are too many")
        }
    }

    private static func range(of field: Field, _ opcode: Opcode) -> ClosedRange<Int> {
        switch field {
        case .b, .c, .weight, .state: (opcode.isCall ? none : 0)...registerLimit - 1
        case .a: (opcode.isCall ? none : 0)...registerLimit - 1
        case .to: 0...registerLimit - 1
        case .into, .address, .scale, .work: 0...addressLimit - 1
        case .start, .window: 0...sizeLimit
        case .width, .rows, .heads, .keyHeads: 1...sizeLimit
        case .epsilon: 0...Int(UInt32.max)
        }
    }
}

extension Opcode {
    var isCall: Bool { self == .call || self == .hostCall }
}
