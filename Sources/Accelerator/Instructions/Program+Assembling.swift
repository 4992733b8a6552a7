import Basis

extension Program {
    /// Reads a program's text, a line a time; what follows `;` is a comment.
    ///
    ///     .equ NAME, EXPRESSION                                        a label for a number, an address most often
    ///     .block NAME, ADDRESS, BYTES, KIND, "SUBJECT"                 a label for a stretch of memory and what fills it
    ///     .block NAME, ADDRESS, BYTES, trits, "WEIGHT", FIRST, ROWS    the same for rows of a ternary matrix
    ///     .node "NAME"                                                 what follows belongs to this node of the graph
    ///     OPCODE OPERAND, OPERAND, ..                                  see `Opcode`
    ///
    /// A register is `r0`, `r1`, .., or `-` for none. A number is an expression: decimal or hexadecimal (0x) numbers and labels, with
    /// `+`, `-`, `*` and blanks between them. Labels may be used before they are set. Names are letters, digits, `_`, `.`, `#`, `$` and
    /// `@`, and do not begin with a digit.
    public init(assembling text: String) throws {
        var assembler = Assembler()
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map { SourceLine($0) }
        for (index, line) in lines.enumerated() { try placing("line \(index + 1)") { try assembler.note(line, number: index + 1) } }
        for (index, line) in lines.enumerated() { try placing("line \(index + 1)") { try assembler.assemble(line) } }
        self = try assembler.builder.finished(assembler.blocks)
    }
}

/// A line in its parts.
struct SourceLine {
    /// The first word; empty where the line is.
    let word: String
    /// What is between commas, without blanks around it.
    let operands: [String]

    init(_ line: Substring) {
        let (parts, _) = SourceLine.split(line)
        let first = parts[0].drop { $0.isBlank }
        word = String(first.prefix { !$0.isBlank })
        let rest = [first.dropFirst(word.count)] + parts.dropFirst()
        let trimmed = rest.map { String($0.trimmed) }
        operands = trimmed == [""] ? [] : trimmed
    }

    /// At commas, up to a comment, neither of them within quotes.
    private static func split(_ line: Substring) -> ([Substring], Bool) {
        var parts: [Substring] = [], start = line.startIndex, end = line.endIndex, quoted = false, escaped = false
        for index in line.indices {
            let character = line[index]
            if quoted, !escaped, character == "\\" {
                escaped = true
                continue
            }
            if character == "\"", !escaped { quoted.toggle() }
            escaped = false
            if quoted { continue }
            if character == ";" {
                end = index
                break
            }
            if character == "," {
                parts.append(line[start..<index])
                start = line.index(after: index)
            }
        }
        return (parts + [line[start..<end]], quoted)
    }
}

extension Character {
    fileprivate var isBlank: Bool { self == " " || self == "\t" || self == "\r" }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var result = drop { $0.isBlank }
        while let last = result.last, last.isBlank { result.removeLast() }
        return result
    }
}

/// What is known while a program is read.
private struct Assembler {
    var builder = ProgramBuilder()
    var blocks: [Program.Block] = []
    private var labels = Labels()
    private var node: String?

    /// Keeps the labels of a line.
    mutating func note(_ line: SourceLine, number: Int) throws {
        guard line.word == ".equ" || line.word == ".block" else { return }
        guard line.operands.count >= 2 else { throw Failure("\(line.word) takes a name and an expression") }
        try labels.set(line.operands[0], to: line.operands[1], line: number)
    }

    mutating func assemble(_ line: SourceLine) throws {
        switch line.word {
        case "": guard line.operands.isEmpty else { throw Failure("there is no instruction before the comma") }
        case ".equ":
            guard line.operands.count == 2 else { throw Failure(".equ takes a name and an expression") }
            _ = try labels.value(line.operands[0])
        case ".block": blocks.append(try block(line.operands))
        case ".node":
            guard line.operands.count == 1 else { throw Failure(".node takes a name in quotes") }
            let name = try string(line.operands[0])
            node = name.isEmpty ? nil : name
        default: try append(line)
        }
    }

    private mutating func append(_ line: SourceLine) throws {
        guard let opcode = Opcode(rawValue: line.word) else { throw Failure("there is no instruction '\(line.word)'") }
        guard line.operands.count == opcode.fields.count else {
            throw Failure("\(line.word) takes \(opcode.fields.count) operands, has \(line.operands.count)")
        }
        guard builder.program.instructions.count < Program.instructionLimit else {
            throw Failure("the program has more than \(Program.instructionLimit) instructions")
        }
        var instruction = Instruction(opcode)
        for (field, operand) in zip(opcode.fields, line.operands) { instruction[field] = try value(operand, field) }
        try instruction.check()
        builder.append(instruction, node: node)
    }

    private mutating func value(_ operand: String, _ field: Field) throws -> Int {
        if field == .epsilon { return try float(operand) }
        guard field.isRegister else { return try labels.value(of: operand) }
        if operand == "-" { return Instruction.none }
        guard operand.first == "r", let number = Int(operand.dropFirst()), number >= 0, operand == "r\(number)" else {
            throw Failure("'\(operand)' is no register")
        }
        return number
    }

    private mutating func float(_ operand: String) throws -> Int {
        if operand.hasPrefix("bits ") { return try labels.value(of: String(operand.dropFirst(5))) }
        guard let value = Float(operand), value.isFinite else { throw Failure("'\(operand)' is no number") }
        return Int(value.bitPattern)
    }

    private func string(_ operand: String) throws -> String {
        guard let value = try JSON(parsing: Array(operand.utf8)).stringValue else { throw Failure("'\(operand)' is no text in quotes") }
        return value
    }

    private mutating func block(_ operands: [String]) throws -> Program.Block {
        guard operands.count == 5 || operands.count == 7 else {
            throw Failure(".block takes a name, an address, bytes, a kind, a subject in quotes and, of trits, the first row and the rows")
        }
        guard let kind = Program.Block.Kind(rawValue: operands[3]) else { throw Failure("there is no kind '\(operands[3])' of memory") }
        guard (kind == .trits) == (operands.count == 7) else { throw Failure("a block of trits alone takes rows") }
        let address = try number(operands[1], below: Instruction.addressLimit)
        let bytes = try number(operands[2], below: Instruction.addressLimit)
        guard bytes > 0 else { throw Failure("a block of no bytes cannot be") }
        let first = operands.count == 7 ? try number(operands[5], below: Instruction.sizeLimit) : 0
        let rows = operands.count == 7 ? try number(operands[6], below: Instruction.sizeLimit + 1) : 0
        return Program.Block(
            name: operands[0], address: address, bytes: bytes, kind: kind, subject: try string(operands[4]), rows: first..<first + rows)
    }

    private mutating func number(_ operand: String, below limit: Int) throws -> Int {
        let value = try labels.value(of: operand)
        guard value >= 0, value < limit else { throw Failure("\(value) is not a number of 0 to \(limit - 1)") }
        return value
    }
}
