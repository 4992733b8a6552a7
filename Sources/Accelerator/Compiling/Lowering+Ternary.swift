import Basis
import Models

/// Products by trits: in one go, slice by slice, or piece by piece to memory.
extension Lowering {
    mutating func lower(_ product: TernaryLinear, _ index: Int) throws -> Value {
        let rows = graph.nodes[index].form.width
        if slices(of: index) != nil { return .sliced }
        if isOutput(index) || rows > core.registerWidth { return .memory(address: try lowerToMemory(product, index)) }
        let instruction = try instruction(.ternary, product, 0..<rows, node: index)
        return .vector(try emit(instruction, index, writing: .floats(rows)))
    }

    /// A part of each row; of a product those rows of the matrix that make it.
    mutating func lower(_ slice: Slice, _ index: Int) throws -> Value {
        let form = graph.nodes[index].form, source = graph.nodes[index].inputs[0]
        switch value(ofInput: 0, of: index) {
        case .sliced:
            guard let product = graph.nodes[source].operation as? TernaryLinear else { throw Failure("is no slice of a product") }
            let rows = slice.start..<slice.start + slice.count
            return .vector(try emit(try instruction(.ternary, product, rows, node: source), source, writing: form))
        case .memory(let address):
            var load = Instruction(.load)
            (load.address, load.width) = (address + core.bytes(numbers: slice.start), slice.count)
            return .vector(try emit(load, index, writing: form, home: load.address))
        case .vector(let vector):
            var copy = Instruction(.copy)
            (copy.a, copy.start, copy.width) = (vector, slice.start, slice.count)
            return .vector(try emit(copy, index, writing: form))
        }
    }

    private mutating func lowerToMemory(_ product: TernaryLinear, _ index: Int) throws -> Int {
        let rows = graph.nodes[index].form.width, address = try outputAddress(index)
        let columns = core.ternary.columns, piece = max(core.registerWidth / columns, 1) * columns
        for start in stride(from: 0, to: rows, by: piece) {
            let part = start..<min(rows, start + piece)
            var instruction = try instruction(.ternaryStore, product, part, node: index)
            instruction.into = address + core.bytes(numbers: start)
            emit(instruction, index)
        }
        return address
    }

    private mutating func instruction(
        _ opcode: Opcode, _ product: TernaryLinear, _ rows: Range<Int>, node: Int
    ) throws -> Instruction {
        guard let weight = product.weight else { throw Failure("has no matrix") }
        let bytes = core.ternary.tiles(rows: rows.count, width: weight.columns) * core.ternary.wordBytes
        let label = rows == 0..<weight.rows ? weight.name : "\(weight.name).\(rows.lowerBound)"
        var instruction = Instruction(opcode)
        instruction.a = try input(0, of: node)
        instruction.address = try layout.address(.trits, weight.name, bytes: bytes, label: label, rows: rows)
        instruction.scale = try layout.address(.scale, weight.name, bytes: 4, label: weight.scaleName)
        (instruction.rows, instruction.width) = (rows.count, weight.columns)
        return instruction
    }
}
