import Basis
import Tensors

/// Tables as containers hold them: floats of any type, or codes of integers beside their scales.
extension Table {
    convenience init(
        _ weight: Weight, from source: any TensorSource, _ index: Int, _ positions: [String: Int], _ kernels: Kernels,
        _ threads: ThreadPool
    ) throws {
        let entry = source.entries[index]
        if entry.element == .uint8, entry.shape.count == 3 {
            try self.init(planes: weight, from: source, index, positions, kernels, threads)
        } else if entry.element == .uint8 {
            try self.init(integers: weight, from: source, index, positions, kernels, threads)
        } else {
            try weight.check(entry, element: nil, shape: weight.shape)
            let stored = try StoredBytes(source, index)
            try Table.check(stored.bytes, entry.element, kernels, threads)
            try self.init(rows: weight.rows, columns: weight.columns, element: entry.element, memory: stored.bytes, owner: stored.owner)
        }
    }

    /// The table that a source in container form holds for `weight`.
    public convenience init(_ weight: Weight, from source: any TensorSource, kernels: Kernels, _ threads: ThreadPool) throws {
        let positions = Dictionary(source.entries.enumerated().map { ($1.name, $0) }) { first, _ in first }
        try self.init(weight, from: source, weight.index(of: weight.name, in: source, positions), positions, kernels, threads)
    }

    private convenience init(
        integers weight: Weight, from source: any TensorSource, _ index: Int, _ positions: [String: Int], _ kernels: Kernels,
        _ threads: ThreadPool
    ) throws {
        guard let bits = IntegerBits.forFloats.first(where: { source.entries[index].shape == weight.integerShape($0) }) else {
            throw Failure("has shape \(source.entries[index].shape), which is no table of \(weight.shape)")
        }
        let scaleIndex = try weight.index(of: weight.scaleName, in: source, positions)
        try weight.check(source.entries[scaleIndex], element: .float16, shape: weight.integerScaleShape)
        let codes = try StoredBytes(source, index), scales = try StoredBytes(source, scaleIndex)
        try Table.check(scales.bytes, .float16, kernels, threads)
        guard bits.isFilled(codes: codes.bytes, scales: scales.bytes, rows: weight.rows, width: weight.columns) else {
            throw Failure("has rows beyond the last that are not 0")
        }
        try self.init(
            rows: weight.rows, columns: weight.columns, bits: bits, codes: codes.bytes, scales: scales.bytes,
            owners: [codes.owner, scales.owner])
    }

    static func check(_ bytes: UnsafeRawBufferPointer, _ element: ElementType, _ kernels: Kernels, _ threads: ThreadPool) throws {
        let sum = kernels.sumOfMagnitudes(bytes, element: element, threads)
        guard sum?.isFinite ?? false else { throw Failure("holds a NaN or an infinity") }
    }
}

/// A tensor's bytes where they lie in a file, or read into memory.
private struct StoredBytes {
    let bytes: UnsafeRawBufferPointer
    /// What keeps them.
    let owner: AnyObject

    init(_ source: any TensorSource, _ index: Int) throws {
        if let mapped = source.mapped(index) {
            (bytes, owner) = (mapped, source)
        } else {
            let buffer = AlignedMemory(byteCount: source.entries[index].byteCount, kept: true)
            try source.read(index, into: buffer.bytes)
            (bytes, owner) = (UnsafeRawBufferPointer(buffer.bytes), buffer)
        }
    }
}

extension Weight {
    /// The codes of a table of integers.
    public func integerShape(_ bits: IntegerBits) -> [Int] { [IntegerBits.groups(rows: rows), bits.groupBytes(width: columns)] }

    /// Its scales, one for each span of a row.
    public var integerScaleShape: [Int] { [IntegerBits.groups(rows: rows), IntegerBits.groupScales(width: columns)] }
}
