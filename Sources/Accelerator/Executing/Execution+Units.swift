import Basis
import Models
import Tensors

// The vector registers.
extension Execution {
    func value(_ register: Int) throws -> RegisterValue {
        guard registers.indices.contains(register) else { throw Failure("the core has \(registers.count) registers, no r\(register)") }
        guard let value = registers[register] else { throw Failure("nothing was written to r\(register)") }
        return value
    }

    func floats(_ register: Int, _ width: Int) throws -> [Float] {
        guard case .floats(let values) = try value(register), values.count == width else {
            throw Failure("r\(register) does not hold \(width) floats")
        }
        return values
    }

    func set(_ register: Int, _ value: RegisterValue) throws {
        guard registers.indices.contains(register) else { throw Failure("the core has \(registers.count) registers, no r\(register)") }
        guard value.form.width <= core.registerWidth else {
            throw Failure("\(value.form.width) numbers do not fit a register of \(core.registerWidth)")
        }
        registers[register] = value
    }
}

// Loads and stores, rows and norms.
extension Execution {
    func move(_ instruction: Instruction) throws {
        let (address, width) = (instruction.address, instruction.width)
        switch instruction.opcode {
        case .load: try set(instruction.to, .floats(try memory.floats(address, width)))
        case .loadQuantised:
            let step = try memory.floats(address, 1)[0], bytes = try memory.bytes(address + 4, width)
            try set(instruction.to, .quantised(bytes.map { Int8(bitPattern: $0) }, step: step))
        case .loadRow: try set(instruction.to, .floats(try tableRow(address, width)))
        case .store: try memory.store(try floats(instruction.a, width), at: address)
        default:
            guard case .quantised(let values, let step) = try value(instruction.a), values.count == width else {
                throw Failure("r\(instruction.a) does not hold \(width) activations")
            }
            try memory.store(withUnsafeBytes(of: step) { Array($0) } + values.map { UInt8(bitPattern: $0) }, at: address)
        }
    }

    private func tableRow(_ address: Int, _ width: Int) throws -> [Float] {
        let table = try table(at: address)
        guard table.columns == width else { throw Failure("the table's rows are \(table.columns) wide") }
        guard (0..<table.rows).contains(place.id) else { throw Failure("the table has \(table.rows) rows, no number \(place.id)") }
        let row = RowMemory(.floats(width))
        table.copyRow(place.id, to: row.rows[0], kernels)
        return Array(UnsafeBufferPointer(start: row.rows[0], count: width))
    }

    private func table(at address: Int) throws -> Table {
        guard let block = program.block(at: address), block.kind == .table, block.address == address else {
            throw Failure("no table lies at address \(hexadecimal(address))")
        }
        let node = graph.nodes.first { $0.operation.weight?.name == block.subject }
        guard let node, case .table(let table) = try weights.parameter(for: node.operation) else {
            throw Failure("the model has no table '\(block.subject)'")
        }
        return table
    }

    func norm(_ instruction: Instruction) throws {
        let width = instruction.width, gain = DenseParameter(try floats(instruction.weight, width))
        let norm = RMSNorm(gain: Weight("gain", shape: [width], kind: .dense), epsilon: instruction.epsilon)
        try set(instruction.to, try run(norm, [.floats(try floats(instruction.a, width))], parameter: .dense(gain)))
    }

    func copy(_ instruction: Instruction) throws {
        guard case .floats(let values) = try value(instruction.a), instruction.start + instruction.width <= values.count else {
            throw Failure("r\(instruction.a) has no \(instruction.width) floats from \(instruction.start) on")
        }
        try set(instruction.to, .floats(Array(values[instruction.start..<instruction.start + instruction.width])))
    }

    func elementwise(_ instruction: Instruction) throws {
        let x = RegisterValue.floats(try floats(instruction.a, instruction.width))
        let inputs = instruction.b == Instruction.none ? [x] : [x, .floats(try floats(instruction.b, instruction.width))]
        try set(instruction.to, try run(try Self.operation(instruction.opcode), inputs))
    }

    private static func operation(_ opcode: Opcode) throws -> any Operation {
        switch opcode {
        case .add: Add()
        case .multiply: Multiply()
        case .sigmoid: Sigmoid()
        case .silu: SiLU()
        case .complement: Complement()
        case .relu: ReLU()
        case .squaredRelu: SquaredReLU()
        case .quantise: Quantise()
        default: throw Failure("is no elementwise operation")
        }
    }
}

// What the operation of a node does by its own code.
extension Execution {
    func call(_ instruction: Instruction, _ node: Graph.Node) throws {
        let inputs = try [instruction.a, instruction.b, instruction.c].filter { $0 != Instruction.none }.map { try value($0) }
        let parameter = try parameter(instruction, node)
        if instruction.state != Instruction.none { return try callWithState(instruction, node, inputs, parameter) }
        var states: [StateMemory] = []
        if case .keysAndValues = node.operation.memory { states = [try sessionState(of: node)] }
        guard states.isEmpty == (node.operation.memory == .nothing) else { throw Failure("node '\(node.name)' wants its state") }
        try set(instruction.to, try run(node.operation, inputs, parameter: parameter, states: states))
    }

    private func parameter(_ instruction: Instruction, _ node: Graph.Node) throws -> Parameter {
        guard instruction.weight != Instruction.none else {
            guard node.operation.weight == nil else { throw Failure("node '\(node.name)' wants its weight") }
            return .none
        }
        guard case .dense(let expected) = try weights.parameter(for: node.operation) else {
            throw Failure("node '\(node.name)' has no dense weight")
        }
        return .dense(DenseParameter(try floats(instruction.weight, expected.count)))
    }

    private func callWithState(_ instruction: Instruction, _ node: Graph.Node, _ inputs: [RegisterValue], _ parameter: Parameter) throws {
        guard case .floats(let width) = node.operation.memory else { throw Failure("node '\(node.name)' remembers no numbers") }
        var state = try floats(instruction.state, width)
        let result = try state.withUnsafeMutableBufferPointer { state in
            guard let start = state.baseAddress else { throw Failure("node '\(node.name)' remembers no numbers") }
            return try run(node.operation, inputs, parameter: parameter, states: [.floats(start)])
        }
        try set(instruction.state, .floats(state))
        try set(instruction.to, result)
    }

    func linear(_ instruction: Instruction, _ node: Graph.Node) throws {
        guard node.operation is Linear else { throw Failure("node '\(node.name)' is no product of floats") }
        let x = RegisterValue.floats(try floats(instruction.a, instruction.width))
        let result = try run(node.operation, [x], parameter: try weights.parameter(for: node.operation))
        guard instruction.opcode == .hostLinearStore, case .floats(let values) = result else { return try set(instruction.to, result) }
        try memory.store(values, at: instruction.into)
    }
}
