import Basis
import Models
import Synchronization
import Tensors

/// A model as a GGUF file for llama.cpp and its relatives: tern-gguf(5). Tensors are written in the order in which the source has them,
/// one after the other, in the types that llama.cpp's converters choose.
public final class GGUFExport {
    /// The types that matrices can be asked to have, by their names on a command line.
    public static let types = StoredType.allCases.filter { $0.takesTrits }.map(\.rawValue)

    /// config.json of the model that a reader finds in the file.
    public let configuration: JSON
    private let header: WrittenHeader
    private let source: any TensorSource
    private let parts: [Part]
    private let graph: Graph
    private let positions: Int
    private let threads: ThreadPool

    /// What a tensor of the file is made of.
    private enum Part {
        case floats(Int, RowOrder?)
        case trits(Int, columns: Int, scale: Float, RowOrder?)
        case table(Weight, RowOrder?)
        case numbers([Float])
    }

    /// `source` holds the tensors of `graph` in container form. `type` is one of `types`; nil chooses `tq2_0` for trits, `f16` for floats.
    public init(
        _ graph: Graph, _ source: any TensorSource, files: Checkpoint, name: String, type: String?, _ threads: ThreadPool
    ) throws {
        let config = (try? files.configuration()) ?? .object([:]), isTernary = graph.weights.contains { $0.kind == .ternary }
        let model = try WrittenModel(graph, positions: config["max_position_embeddings"]?.intValue)
        let choice = TypeChoice(type.flatMap(StoredType.init) ?? (isTernary ? .tq2x0 : .f16))
        guard isTernary || choice.wanted.takesFloats else {
            throw Failure("'\(choice.wanted.rawValue)' holds trits, and no matrix of the model is of trits: quantize makes some")
        }
        var header = WrittenHeader()
        model.addKeys(to: &header)
        header.set("general.name", .text(name))
        header.set("general.license", files.licence.map { .text($0) })
        header.set("general.file_type", .count(choice.fileType))
        header.set("general.quantization_version", .count(2))
        try GGUFExport.addTokenizer(files, config, model, to: &header)
        var parts: [Part] = []
        try GGUFExport.plan(graph, source, model, choice, &header, &parts)
        let floats = graph.weights.filter { $0.kind == .table && TensorNames.gguf($0.name).map(TensorNames.isTernaryMatrix) ?? false }
        configuration = model.configuration(isTernary: isTernary, floats: floats.map { String($0.name.dropLast(".weight".count)) })
        (self.header, self.parts, self.source, self.graph, self.threads) = (header, parts, source, graph, threads)
        positions = model.positions
    }

    /// Refuses a graph that does not compute what `found`, the graph of `configuration`, computes.
    public func check(_ found: Graph) throws {
        guard graph.computes(found, positions: positions) else {
            let type = configuration["model_type"]?.stringValue ?? ""
            throw WrittenModel.refusal("it computes something else than architecture '\(type)' does")
        }
    }

    private static func addTokenizer(_ files: Checkpoint, _ config: JSON, _ model: WrittenModel, to header: inout WrittenHeader) throws {
        func json(_ name: String) throws -> JSON? { try files.file(name).map { bytes in try naming(name) { try JSON(parsing: bytes) } } }
        guard let tokenizer = try json("tokenizer.json") else { return header.set("tokenizer.ggml.model", .text("none")) }
        var names = try json("tokenizer_config.json")?.objectValue ?? [:]
        if let template = files.file("chat_template.jinja") { names["chat_template"] = .string(String(decoding: template, as: UTF8.self)) }
        let ids = [try json("generation_config.json"), config].compactMap { $0 }
        try TokenizerKeys(tokenizer, names: .object(names), ids: ids, count: model.vocabulary).add(to: &header)
    }
}

/// Which type each tensor gets.
private struct TypeChoice {
    let wanted: StoredType

    init(_ wanted: StoredType) { self.wanted = wanted }

    /// llama.cpp's number for files whose matrices are mostly of the type.
    var fileType: Int {
        switch wanted {
        case .f32: 0
        case .q8x0: 7
        case .bf16: 32
        case .tq1x0: 36
        case .tq2x0: 37
        default: 1
        }
    }

    /// Gains and biases stay float32; a matrix whose rows the type's blocks do not divide, and floats where the type is one of trits,
    /// get half precision.
    func type(shape: [Int], isTernary: Bool) -> StoredType {
        guard shape.count > 1 else { return .f32 }
        let fits = (shape.last ?? 1) % wanted.block.numbers == 0
        return fits && (isTernary || wanted.takesFloats) ? wanted : .f16
    }
}

// What goes where.
extension GGUFExport {
    private static func plan(
        _ graph: Graph, _ source: any TensorSource, _ model: WrittenModel, _ choice: TypeChoice, _ header: inout WrittenHeader,
        _ parts: inout [Part]
    ) throws {
        let weights = Dictionary(graph.weights.map { ($0.name, $0) }) { first, _ in first }
        for (index, entry) in source.entries.enumerated() {
            guard let weight = weights[entry.name] else { continue }
            guard let name = TensorNames.gguf(weight.name) else { throw WrittenModel.refusal("it has no name for tensor '\(weight.name)'") }
            let order = model.order(of: name, rows: weight.shape.count > 1 ? weight.rows : weight.columns)
            let type = choice.type(shape: weight.shape, isTernary: weight.kind == .ternary)
            header.tensors.append(WrittenTensor(name: name, type: type, shape: weight.shape))
            if weight.kind == .ternary {
                try placing("tensor '\(weight.name)'") { try addTrits(weight, source, index, type, name, order, &header, &parts) }
            } else {
                parts.append(entry.element == .uint8 ? .table(weight, order) : .floats(index, order))
            }
        }
        let found = Set(source.entries.map(\.name))
        if let missing = graph.weights.first(where: { !found.contains($0.name) }) { throw Failure("tensor '\(missing.name)' is missing") }
        guard let factors = try model.frequencyFactors() else { return }
        header.tensors.append(WrittenTensor(name: "rope_freqs.weight", type: .f32, shape: [factors.count]))
        parts.append(.numbers(factors))
    }

    /// A scale that the type cannot hold is a tensor beside the matrix, whose trits stand for 1 then.
    private static func addTrits(
        _ weight: Weight, _ source: any TensorSource, _ index: Int, _ type: StoredType, _ name: String, _ order: RowOrder?,
        _ header: inout WrittenHeader, _ parts: inout [Part]
    ) throws {
        guard let place = source.index(of: weight.scaleName), source.entries[place].shape == [1] else {
            throw Failure("has not one scale for the matrix, as GGUF's types of trits have")
        }
        let scale = try source.withBytes(place) { $0.loadUnaligned(as: Float.self) }, isHeld = type.holds(scale: scale)
        parts.append(.trits(index, columns: weight.columns, scale: isHeld ? scale : 1, order))
        guard !isHeld else { return }
        header.tensors.append(WrittenTensor(name: "\(name.dropLast(".weight".count)).scale", type: .f32, shape: [1]))
        parts.append(.numbers([scale]))
    }
}

// Writing.
extension GGUFExport {
    /// Bytes of the tensors that will be read.
    public var byteCount: Int { source.entries.reduce(0) { $0 + $1.byteCount } }

    /// Writes the file and closes the sink. `progress` is told of the bytes that have been read.
    public func write(to sink: any ByteSink, progress: (Int) -> Void) throws {
        try sink.write(header.bytes())
        for (tensor, part) in zip(header.tensors, parts) {
            try placing("tensor '\(tensor.name)'") { try write(tensor, part, to: sink, progress) }
            try sink.write(WrittenHeader.filling(after: tensor.byteCount))
        }
        try sink.close()
    }

    private func write(_ tensor: WrittenTensor, _ part: Part, to sink: any ByteSink, _ progress: (Int) -> Void) throws {
        switch part {
        case .numbers(let numbers): try sink.write(numbers.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
        case .floats(let index, let order):
            try source.withBytes(index) { try writeFloats($0, source.entries[index].element, tensor, order, to: sink) }
            progress(source.entries[index].byteCount)
        case .trits(let index, let columns, let scale, let order):
            try source.withBytes(index) { try writeTrits($0, columns: columns, scale: scale, tensor, order, to: sink) }
            progress(source.entries[index].byteCount)
        case .table(let weight, let order):
            let table = try Table(weight, from: source, kernels: .best, threads)
            try writeRows(tensor, to: sink) { row, target in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: tensor.columns) { floats in
                    guard let start = floats.baseAddress else { return false }
                    table.copyRow(order?.row(storedAs: row) ?? row, to: start, .best)
                    return tensor.type.encode(start, columns: tensor.columns, into: target)
                }
            }
        }
    }

    private func writeFloats(
        _ bytes: UnsafeRawBufferPointer, _ element: ElementType, _ tensor: WrittenTensor, _ order: RowOrder?, to sink: any ByteSink
    ) throws {
        let isRow = tensor.shape.count == 1
        let rowBytes = (isRow ? 1 : tensor.columns) * element.size, columns = isRow ? 1 : tensor.columns
        let rows = isRow ? tensor.columns : tensor.rows
        try writeRows(rows: rows, rowBytes: columns / tensor.type.block.numbers * tensor.type.block.bytes, to: sink) { row, target in
            let start = (order?.row(storedAs: row) ?? row) * rowBytes
            let floats = Kernels.best.floats(UnsafeRawBufferPointer(rebasing: bytes[start..<start + rowBytes]), element: element) ?? []
            return floats.withUnsafeBufferPointer { floats in
                floats.baseAddress.map { tensor.type.encode($0, columns: columns, into: target) } ?? false
            }
        }
    }

    private func writeTrits(
        _ codes: UnsafeRawBufferPointer, columns: Int, scale: Float, _ tensor: WrittenTensor, _ order: RowOrder?, to sink: any ByteSink
    ) throws {
        let stored = Trits.rowBytes(width: columns)
        try writeRows(tensor, to: sink) { row, target in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: columns) { trits in
                guard let start = trits.baseAddress else { return false }
                let first = (order?.row(storedAs: row) ?? row) * stored
                for column in 0..<columns { start[column] = codes[first + column / 4] >> UInt8(2 * (column % 4)) & 3 }
                tensor.type.encode(trits: start, columns: columns, scale: scale, into: target)
                return true
            }
        }
    }

    private func writeRows(_ tensor: WrittenTensor, to sink: any ByteSink, _ encode: (Int, UnsafeMutableRawPointer) -> Bool) throws {
        let rowBytes = tensor.columns / tensor.type.block.numbers * tensor.type.block.bytes
        try writeRows(rows: tensor.rows, rowBytes: rowBytes, to: sink, encode)
    }

    /// Rows in lots of a few megabytes, each lot by all threads.
    private func writeRows(rows: Int, rowBytes: Int, to sink: any ByteSink, _ encode: (Int, UnsafeMutableRawPointer) -> Bool) throws {
        let lot = max(1, min(rows, (1 << 22) / max(1, rowBytes)))
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: lot * rowBytes, alignment: 64)
        defer { memory.deallocate() }
        for first in stride(from: 0, to: rows, by: lot) {
            let count = min(lot, rows - first), unfit = Atomic<Bool>(false)
            threads.parallel(count, grain: max(1, 65536 / max(1, rowBytes))) { part in
                guard let start = memory.baseAddress else { return }
                for row in part where !encode(first + row, start + row * rowBytes) { unfit.store(true, ordering: .relaxed) }
            }
            guard !unfit.load(ordering: .relaxed) else {
                throw Failure("holds a number that is too large for its type: bf16 and f32 have room")
            }
            try sink.write(UnsafeRawBufferPointer(rebasing: memory[..<(count * rowBytes)]))
        }
    }
}
