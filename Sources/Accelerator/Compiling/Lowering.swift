import Basis
import Models

/// Nodes become instructions on vectors: as if the core had a register for each.
struct Lowering {
    let graph: Graph
    let core: Core
    let context: Int
    var layout: Layout
    private(set) var code: [VirtualInstruction] = []
    private(set) var vectors: [Vector] = []
    /// What each node so far has become.
    private var values: [Value] = []
    /// Of each node, those that read it.
    private let readers: [[Int]]

    /// What a node's output has become.
    enum Value {
        case vector(Int)
        /// Too wide for a register: numbers in memory.
        case memory(address: Int)
        /// A product of which slices alone are read: each multiplies by rows of its own.
        case sliced
    }

    init(_ graph: Graph, _ core: Core, context: Int) {
        (self.graph, self.core, self.context) = (graph, core, context)
        layout = Layout(core)
        var readers = [[Int]](repeating: [], count: graph.nodes.count)
        for (index, node) in graph.nodes.enumerated() { for input in node.inputs { readers[input].append(index) } }
        self.readers = readers
    }

    /// Compiles a node whose inputs are compiled.
    mutating func lower(_ index: Int) throws { values.append(try value(of: index)) }

    /// The result to memory, and the end.
    mutating func finish() throws {
        let index = graph.nodes.count - 1, width = graph.nodes[index].form.width
        if case .vector(let vector) = values[index] {
            var store = Instruction(.store)
            (store.a, store.address, store.width) = (vector, try outputAddress(index), width)
            emit(store, index)
        }
        code.append(VirtualInstruction(instruction: Instruction(.halt), node: ""))
    }

    private mutating func value(of index: Int) throws -> Value {
        let operation = graph.nodes[index].operation
        switch operation {
        case let product as TernaryLinear: return try lower(product, index)
        case let slice as Slice: return try lower(slice, index)
        case is RMSNorm: return try lowerNorm(operation as? RMSNorm, index)
        case is Recurrence: return try lowerRecurrence(index)
        case is Bias: return try lowerBias(index)
        case let attention as Attention: return try lower(attention, index)
        case let rope as RoPE: return try lower(rope, index)
        default: return try lowerOther(operation, index)
        }
    }

    private mutating func lowerOther(_ operation: any Operation, _ index: Int) throws -> Value {
        if let opcode = Self.elementwise(operation) { return try lowerElementwise(opcode, index) }
        guard operation.weight?.kind == .table else { return try lowerCall(.call, operation, index) }
        return graph.nodes[index].inputs.isEmpty ? try lowerLookUp(operation, index) : try lowerLinear(operation, index)
    }

    /// Operations that a unit has an instruction for.
    private static func elementwise(_ operation: any Operation) -> Opcode? {
        switch operation {
        case is Add: .add
        case is Multiply: .multiply
        case is Sigmoid: .sigmoid
        case is SiLU: .silu
        case is Complement: .complement
        case is ReLU: .relu
        case is SquaredReLU: .squaredRelu
        case is Quantise: .quantise
        default: nil
        }
    }
}

// What the lowering of every operation needs.
extension Lowering {
    mutating func emit(_ instruction: Instruction, _ node: Int) {
        code.append(VirtualInstruction(instruction: instruction, node: graph.nodes[node].name))
    }

    /// Emits an instruction that writes a new vector.
    mutating func emit(_ instruction: Instruction, _ node: Int, writing form: Form, home: Int? = nil) throws -> Int {
        try checkFits(form.width)
        var instruction = instruction
        instruction.to = vector(form, home: home)
        emit(instruction, node)
        return instruction.to
    }

    private mutating func vector(_ form: Form, home: Int?) -> Int {
        vectors.append(Vector(form: form, home: home))
        return vectors.count - 1
    }

    private func checkFits(_ width: Int) throws {
        guard width <= core.registerWidth else {
            throw Failure("a vector of \(width) numbers does not fit a register of \(core.registerWidth), the core's 'register-width'")
        }
    }

    /// Loads numbers that lie in memory before the program begins, ahead of the last instruction, so that they come while it runs.
    mutating func load(_ address: Int, _ width: Int, _ node: Int) throws -> Int {
        try checkFits(width)
        var load = Instruction(.load)
        (load.to, load.address, load.width) = (vector(.floats(width), home: address), address, width)
        let instruction = VirtualInstruction(instruction: load, node: graph.nodes[node].name)
        let isComputing = code.last.map { $0.instruction.opcode.unit != .loadStore } ?? false
        code.insert(instruction, at: isComputing ? code.count - 1 : code.count)
        return load.to
    }

    /// The vector that an input of a node is in.
    mutating func input(_ position: Int, of node: Int) throws -> Int {
        let input = graph.nodes[node].inputs[position]
        guard case .vector(let vector) = values[input] else {
            let width = graph.nodes[input].form.width
            throw Failure(
                "reads all \(width) numbers of '\(graph.nodes[input].name)', which do not fit a register of \(core.registerWidth), "
                    + "the core's 'register-width'")
        }
        return vector
    }

    func value(ofInput position: Int, of node: Int) -> Value { values[graph.nodes[node].inputs[position]] }

    func isOutput(_ node: Int) -> Bool { node == graph.nodes.count - 1 }

    mutating func outputAddress(_ node: Int) throws -> Int {
        let name = graph.nodes[node].name, bytes = core.bytes(numbers: graph.nodes[node].form.width)
        return try layout.address(.output, name, bytes: bytes, label: "\(name).output")
    }

    /// The slices that read a node, if nothing else does, each narrow enough for a register.
    func slices(of node: Int) -> [Slice]? {
        let slices = readers[node].compactMap { graph.nodes[$0].operation as? Slice }
        guard !slices.isEmpty, slices.count == readers[node].count, !isOutput(node) else { return nil }
        let ordered = slices.sorted { $0.start < $1.start }
        for (a, b) in zip(ordered, ordered.dropFirst()) where a.start + a.count > b.start { return nil }
        return slices.allSatisfy { $0.count <= core.registerWidth } ? slices : nil
    }

    /// The vector of a node's dense weight, as its operation wants it.
    mutating func gain(of node: Int) throws -> Int {
        guard let weight = graph.nodes[node].operation.weight else { return Instruction.none }
        guard weight.count <= Instruction.sizeLimit else { throw Failure("its weight of \(weight.count) numbers is too large") }
        let width = graph.nodes[node].operation.prepared([Float](repeating: 1, count: weight.count)).count
        let name = graph.nodes[node].name
        let address = try layout.address(.gain, name, bytes: core.bytes(numbers: width), label: "\(name).gain")
        return try load(address, width, node)
    }

    mutating func stateAddress(of node: Int, width: Int) throws -> Int {
        let name = graph.nodes[node].name
        return try layout.address(.state, name, bytes: core.bytes(numbers: width), label: "\(name).state")
    }
}
