import Basis
import Models

/// Everything but products by trits.
extension Lowering {
    mutating func lowerElementwise(_ opcode: Opcode, _ index: Int) throws -> Value {
        let node = graph.nodes[index]
        var instruction = Instruction(opcode)
        instruction.a = try input(0, of: index)
        if node.inputs.count > 1 { instruction.b = try input(1, of: index) }
        instruction.width = node.form.width
        return .vector(try emit(instruction, index, writing: node.form))
    }

    mutating func lowerNorm(_ norm: RMSNorm?, _ index: Int) throws -> Value {
        var instruction = Instruction(.norm)
        instruction.a = try input(0, of: index)
        instruction.weight = try gain(of: index)
        instruction.width = graph.nodes[index].form.width
        instruction.epsilon = norm?.epsilon ?? 0
        return .vector(try emit(instruction, index, writing: graph.nodes[index].form))
    }

    mutating func lowerBias(_ index: Int) throws -> Value {
        var instruction = Instruction(.add)
        instruction.a = try input(0, of: index)
        instruction.b = try gain(of: index)
        instruction.width = graph.nodes[index].form.width
        return .vector(try emit(instruction, index, writing: graph.nodes[index].form))
    }

    /// h ← f ⊙ h + i, h from memory and back.
    mutating func lowerRecurrence(_ index: Int) throws -> Value {
        let form = graph.nodes[index].form, address = try stateAddress(of: index, width: form.width)
        var product = Instruction(.multiply), sum = Instruction(.add), store = Instruction(.store)
        let (i, f) = (try input(0, of: index), try input(1, of: index))
        (product.a, product.b, product.width) = (f, try load(address, form.width, index), form.width)
        (sum.a, sum.b, sum.width) = (try emit(product, index, writing: form), i, form.width)
        let h = try emit(sum, index, writing: form)
        (store.a, store.address, store.width) = (h, address, form.width)
        emit(store, index)
        return .vector(h)
    }

    mutating func lowerLookUp(_ operation: any Operation, _ index: Int) throws -> Value {
        var load = Instruction(.loadRow)
        load.address = try tableAddress(operation)
        load.width = graph.nodes[index].form.width
        return .vector(try emit(load, index, writing: graph.nodes[index].form))
    }

    private mutating func tableAddress(_ operation: any Operation) throws -> Int {
        guard let weight = operation.weight, weight.count < Instruction.addressLimit / 4 else { throw Failure("its table is too large") }
        return try layout.address(.table, weight.name, bytes: core.bytes(numbers: weight.count))
    }

    /// A product of floats, which no unit of the core does.
    mutating func lowerLinear(_ operation: any Operation, _ index: Int) throws -> Value {
        guard operation is Linear else { throw Failure("the core has no unit for '\(type(of: operation).name)'") }
        try requireHost(operation)
        let rows = graph.nodes[index].form.width, toMemory = isOutput(index) || rows > core.registerWidth
        var instruction = Instruction(toMemory ? .hostLinearStore : .hostLinear)
        instruction.a = try input(0, of: index)
        instruction.address = try tableAddress(operation)
        (instruction.rows, instruction.width) = (rows, operation.weight?.columns ?? 0)
        guard toMemory else { return .vector(try emit(instruction, index, writing: .floats(rows))) }
        instruction.into = try outputAddress(index)
        emit(instruction, index)
        return .memory(address: instruction.into)
    }

    private func requireHost(_ operation: any Operation) throws {
        guard core.host != nil else { throw Failure("the core has no unit for '\(type(of: operation).name)', and no host") }
    }

    mutating func lower(_ attention: Attention, _ index: Int) throws -> Value {
        if core.attention == nil { try requireHost(attention) }
        var instruction = Instruction(core.attention == nil ? .hostAttention : .attention)
        (instruction.a, instruction.b, instruction.c) = (try input(0, of: index), try input(1, of: index), try input(2, of: index))
        (instruction.heads, instruction.keyHeads) = (attention.heads, attention.keyValueHeads)
        (instruction.width, instruction.window) = (attention.width, attention.window)
        let name = graph.nodes[index].name, numbers = 2 * attention.keyValueHeads * attention.width
        guard numbers <= Instruction.sizeLimit else { throw Failure("its keys and values are \(numbers) numbers a token") }
        instruction.address = try layout.address(.cache, name, bytes: core.bytes(numbers: context * numbers), label: "\(name).cache")
        return .vector(try emit(instruction, index, writing: graph.nodes[index].form))
    }

    mutating func lower(_ rope: RoPE, _ index: Int) throws -> Value {
        guard core.attention != nil else {
            try requireHost(rope)
            return try lowerCall(.hostCall, rope, index)
        }
        var instruction = Instruction(.rope)
        instruction.a = try input(0, of: index)
        (instruction.heads, instruction.width) = (rope.heads, rope.width)
        return .vector(try emit(instruction, index, writing: graph.nodes[index].form))
    }

    /// An operation without an instruction of its own: by its own code, at the price of its cost.
    mutating func lowerCall(_ opcode: Opcode, _ operation: any Operation, _ index: Int) throws -> Value {
        let node = graph.nodes[index]
        guard node.inputs.count <= 3, operation.weights.count <= 1, operation.weight?.kind ?? .dense == .dense else {
            throw Failure("the core has no unit for '\(type(of: operation).name)'")
        }
        var call = Instruction(opcode), inputs: [Int] = []
        for position in node.inputs.indices { inputs.append(try input(position, of: index)) }
        (call.a, call.b, call.c) = (inputs.first ?? -1, inputs.dropFirst().first ?? -1, inputs.dropFirst(2).first ?? -1)
        call.weight = try gain(of: index)
        var store = Instruction(.store)
        if case .floats(let width) = operation.memory {
            (store.address, store.width) = (try stateAddress(of: index, width: width), width)
            call.state = try load(store.address, width, index)
            store.a = call.state
        } else if operation.memory != .nothing {
            throw Failure("the core has no unit for '\(type(of: operation).name)'")
        }
        (call.work, call.width) = (operation.cost(node.inputs.map { graph.nodes[$0].form }, past: 0).arithmetic, node.form.width)
        let result = try emit(call, index, writing: node.form)
        if store.width > 0 { emit(store, index) }
        return .vector(result)
    }
}

extension Cost {
    /// Arithmetic operations, a comparison among them.
    var arithmetic: Int { additions + multiplications + divisions + exponentials + squareRoots + comparisons }
}
