import Basis
import Models
import Tensors

/// The memory of a core, byte by byte: matrices word after word as their unit unpacks them, floats of 32 bits. Tables stay where they are.
struct MemoryImage {
    private let program: Program
    /// Of each block of the program.
    private var contents: [[UInt8]]

    init(_ program: Program, _ core: Core, _ graph: Graph, from source: any TensorSource, _ weights: Weights) throws {
        self.program = program
        let filler = ImageFiller(core: core, graph: graph, source: source, weights: weights)
        contents = try program.blocks.map { block in try placing("block '\(block.name)'") { try filler.bytes(of: block) } }
    }

    private func place(_ address: Int, _ count: Int) throws -> (block: Int, bytes: Range<Int>) {
        guard let block = program.blockIndex(at: address) else { throw Failure("nothing lies at address \(hexadecimal(address))") }
        let start = address - program.blocks[block].address
        guard count <= contents[block].count - start else {
            throw Failure("\(count) bytes from \(hexadecimal(address)) on are more than lie in block '\(program.blocks[block].name)'")
        }
        return (block, start..<start + count)
    }

    func bytes(_ address: Int, _ count: Int) throws -> ArraySlice<UInt8> {
        let place = try place(address, count)
        return contents[place.block][place.bytes]
    }

    mutating func store(_ bytes: [UInt8], at address: Int) throws {
        let place = try place(address, bytes.count)
        contents[place.block].replaceSubrange(place.bytes, with: bytes)
    }

    func floats(_ address: Int, _ count: Int) throws -> [Float] {
        try bytes(address, 4 * count).withUnsafeBytes { bytes in
            (0..<count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    mutating func store(_ floats: [Float], at address: Int) throws {
        try store(floats.withUnsafeBytes { Array($0) }, at: address)
    }
}

/// Makes what lies in memory before the first token.
private struct ImageFiller {
    let core: Core
    let graph: Graph
    let source: any TensorSource
    let weights: Weights

    func bytes(of block: Program.Block) throws -> [UInt8] {
        let bytes: [UInt8]
        switch block.kind {
        case .trits: bytes = try words(of: try weight(block.subject), rows: block.rows)
        case .scale: bytes = try stored(try weight(block.subject).scaleName) { Array($0) }
        case .gain: bytes = try gain(of: try node(block.subject).operation)
        case .state: bytes = [UInt8](repeating: 0, count: try stateBytes(try node(block.subject).operation))
        case .output: bytes = [UInt8](repeating: 0, count: 4 * (try node(block.subject).form.width))
        case .spill:
            guard block.bytes <= 4 * core.registerWidth + 4 else { throw Failure("is larger than a register") }
            bytes = [UInt8](repeating: 0, count: block.bytes)
        case .table, .cache: return []
        }
        guard bytes.count == block.bytes else { throw Failure("has \(block.bytes) bytes, '\(block.subject)' takes \(bytes.count)") }
        return bytes
    }

    private func weight(_ name: String) throws -> Weight {
        guard let weight = graph.weights.first(where: { $0.name == name }) else { throw Failure("the model has no weight '\(name)'") }
        return weight
    }

    private func node(_ name: String) throws -> Graph.Node { graph.nodes[try graph.node(named: name)] }

    private func stored<Result>(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        guard let index = source.index(of: name) else { throw Failure("tensor '\(name)' is missing") }
        return try source.withBytes(index, body)
    }

    private func gain(of operation: any Operation) throws -> [UInt8] {
        guard case .dense(let parameter) = try weights.parameter(for: operation) else { throw Failure("its operation has no dense weight") }
        return Array(UnsafeRawBufferPointer(start: parameter.pointer, count: 4 * parameter.count))
    }

    private func stateBytes(_ operation: any Operation) throws -> Int {
        guard case .floats(let width) = operation.memory else { throw Failure("its operation remembers no numbers") }
        return 4 * width
    }

    /// Tile after tile: rows of a strip, then the next strip; places outside the matrix hold zeros.
    private func words(of weight: Weight, rows: Range<Int>) throws -> [UInt8] {
        guard weight.kind == .ternary, rows.upperBound <= weight.rows else { throw Failure("'\(weight.name)' has no such rows of trits") }
        let unit = core.ternary, rowBytes = Trits.rowBytes(width: weight.columns)
        return try stored(weight.name) { codes in
            let matrix = rows.map { Trits.unpack(Array(codes[$0 * rowBytes..<($0 + 1) * rowBytes]), width: weight.columns) }
            var words: [UInt8] = []
            for strip in stride(from: 0, to: rows.count, by: unit.columns) {
                for tile in stride(from: 0, to: weight.columns, by: unit.lanes) {
                    words += try unit.packing.packed(Self.tile(matrix, strip, tile, unit))
                }
            }
            return words
        }
    }

    private static func tile(_ matrix: [[Int8]], _ row: Int, _ column: Int, _ unit: TernaryUnit) -> [Int8] {
        (row..<row + unit.columns).flatMap { row in
            (column..<column + unit.lanes).map { row < matrix.count && $0 < matrix[row].count ? matrix[row][$0] : 0 }
        }
    }
}
