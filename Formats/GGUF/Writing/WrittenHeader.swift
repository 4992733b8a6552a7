import Basis

/// A value of a header that is to be written, in the type that llama.cpp expects of its key.
enum WrittenValue {
    case count(Int)
    case number(Float)
    case flag(Bool)
    case text(String)
    case texts([String])
    case numbers([Float])
    case kinds([Int32])
}

/// A tensor as the header describes it.
struct WrittenTensor {
    let name: String
    let type: StoredType
    /// Outermost first.
    let shape: [Int]

    var columns: Int { shape.last ?? 1 }
    var rows: Int { shape.dropLast().reduce(1, *) }
    var byteCount: Int { type.byteCounts(rows: rows, columns: columns).first ?? 0 }
}

/// What stands before the tensors of a GGUF file, version 3: tern-gguf(5). Tensors follow in the order given.
struct WrittenHeader {
    static let alignment = 32
    var keys: [(String, WrittenValue)] = []
    var tensors: [WrittenTensor] = []

    mutating func set(_ key: String, _ value: WrittenValue?) { if let value { keys.append((key, value)) } }

    /// Filled up to where the first tensor begins.
    func bytes() -> [UInt8] {
        var out = ByteWriter()
        out.bytes += GGUFFile.magic
        out.add(UInt32(3))
        out.add(UInt64(tensors.count))
        out.add(UInt64(keys.count))
        for (key, value) in keys { out.add(key, value) }
        var offset = 0
        for tensor in tensors {
            out.add(tensor, offset: offset)
            offset += GGUFHeader.padded(tensor.byteCount, WrittenHeader.alignment)
        }
        return out.bytes + WrittenHeader.filling(after: out.bytes.count)
    }

    /// The zeros behind `count` bytes.
    static func filling(after count: Int) -> [UInt8] { [UInt8](repeating: 0, count: GGUFHeader.padded(count, alignment) - count) }
}

/// Little-endian fields one after the other.
private struct ByteWriter {
    var bytes: [UInt8] = []

    mutating func add(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes += $0 } }

    mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        bytes += text.utf8
    }

    mutating func add(_ tensor: WrittenTensor, offset: Int) {
        add(tensor.name)
        add(UInt32(tensor.shape.count))
        for size in tensor.shape.reversed() { add(UInt64(size)) }
        add(tensor.type.number)
        add(UInt64(offset))
    }

    mutating func add(_ key: String, _ value: WrittenValue) {
        add(key)
        switch value {
        case .count(let count): add(.uint32, UInt32(truncatingIfNeeded: count))
        case .number(let number): add(.float32, number.bitPattern)
        case .flag(let flag): add(.bool, UInt8(flag ? 1 : 0))
        case .text(let text):
            add(MetadataKind.string.rawValue)
            add(text)
        case .texts(let list): add(list, .string) { $0.add($1) }
        case .numbers(let list): add(list, .float32) { $0.add($1.bitPattern) }
        case .kinds(let list): add(list, .int32) { $0.add($1) }
        }
    }

    private mutating func add(_ kind: MetadataKind, _ value: some FixedWidthInteger) {
        add(kind.rawValue)
        add(value)
    }

    private mutating func add<Element>(_ list: [Element], _ kind: MetadataKind, _ element: (inout ByteWriter, Element) -> Void) {
        add(MetadataKind.array.rawValue)
        add(kind.rawValue)
        add(UInt64(list.count))
        for value in list { element(&self, value) }
    }
}
