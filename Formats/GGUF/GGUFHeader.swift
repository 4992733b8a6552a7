import Basis

/// What stands before the tensors of a GGUF file: versions 2 and 3, little-endian.
struct GGUFHeader {
    var metadata = Metadata()
    var tensors: [StoredTensor] = []
    /// The first byte of the tensors.
    let dataStart: Int

    /// Bytes that a key and its value, and a tensor's description, take at least.
    private static let (leastPair, leastTensor) = (13, 24)
    private static let mostDimensions = 4
    /// ggml's, with the zero that ends a name there.
    private static let nameLimit = 63
    private static let alignmentLimit = 1 << 20

    init(_ file: MappedFile) throws {
        var cursor = ByteCursor(file.bytes)
        let (tensorCount, pairCount) = try GGUFHeader.counts(&cursor)
        for _ in 0..<pairCount { try GGUFHeader.readPair(&cursor, file, into: &metadata) }
        for _ in 0..<tensorCount { tensors.append(try GGUFHeader.tensor(&cursor)) }
        let alignment = try GGUFHeader.alignment(metadata)
        dataStart = GGUFHeader.padded(cursor.at, alignment)
        try GGUFHeader.checkNames(tensors)
        try GGUFHeader.place(&tensors, in: file.bytes.count - dataStart, alignment)
    }

    private static func counts(_ cursor: inout ByteCursor) throws -> (tensors: Int, pairs: Int) {
        guard try cursor.integer(UInt32.self, "the magic") == 0x4655_4747 else { throw Failure("does not begin with 'GGUF'") }
        let version = try cursor.integer(UInt32.self, "the version")
        guard version.byteSwapped > 3 else { throw Failure("is big-endian, which is not supported") }
        guard version == 2 || version == 3 else { throw Failure("is GGUF version \(version), expected 2 or 3") }
        let tensors = try cursor.count(of: leastTensor, "the number of tensors")
        return (tensors, try cursor.count(of: leastPair, "the number of keys"))
    }

    private static func alignment(_ metadata: Metadata) throws -> Int {
        let alignment = try metadata.integer("general.alignment") ?? 32
        guard alignment > 0, alignment <= alignmentLimit, alignment & (alignment - 1) == 0 else {
            throw Failure("the alignment is \(alignment), expected a power of two up to \(alignmentLimit)")
        }
        return alignment
    }

    static func padded(_ size: Int, _ alignment: Int) -> Int { (size + alignment - 1) & ~(alignment - 1) }
}

// Keys and values.
extension GGUFHeader {
    private static func readPair(_ cursor: inout ByteCursor, _ file: MappedFile, into metadata: inout Metadata) throws {
        let key = try cursor.string("a key")
        try metadata.add(key, value(&cursor, file, "the value of key '\(key)'"))
    }

    private static func value(_ cursor: inout ByteCursor, _ file: MappedFile, _ what: String) throws -> MetadataValue {
        let kind = try kind(&cursor, what)
        return kind == .array ? .list(try list(&cursor, file, what)) : try kind.value(&cursor, what)
    }

    private static func kind(_ cursor: inout ByteCursor, _ what: String) throws -> MetadataKind {
        let number = try cursor.integer(UInt32.self, what)
        guard let kind = MetadataKind(rawValue: number) else { throw Failure("\(what) has the unknown type \(number)") }
        return kind
    }

    private static func list(_ cursor: inout ByteCursor, _ file: MappedFile, _ what: String) throws -> MetadataList {
        let kind = try kind(&cursor, what)
        guard kind != .array else { throw Failure("\(what) is an array of arrays") }
        let count = try cursor.count(of: kind.size, "the length of \(what)")
        let start = cursor.at
        try pass(count, kind, &cursor, what)
        return MetadataList(kind: kind, count: count, bytes: UnsafeRawBufferPointer(rebasing: file.bytes[start..<cursor.at]), owner: file)
    }

    /// Goes over an array's elements, checking them.
    private static func pass(_ count: Int, _ kind: MetadataKind, _ cursor: inout ByteCursor, _ what: String) throws {
        switch kind {
        case .string:
            for _ in 0..<count { try cursor.skip(cursor.count(of: 1, "the length of an element of \(what)"), what) }
        case .bool:
            for _ in 0..<count { _ = try kind.value(&cursor, what) }
        default: try cursor.skip(count * kind.size, what)
        }
    }
}

// Tensors.
extension GGUFHeader {
    private static func tensor(_ cursor: inout ByteCursor) throws -> StoredTensor {
        let name = try cursor.string("a tensor's name")
        guard name.utf8.count <= nameLimit else { throw Failure("a tensor's name has \(name.utf8.count) bytes, more than \(nameLimit)") }
        return try placing("tensor '\(name)'") {
            let dimensions = try dimensions(&cursor)
            let type = try cursor.integer(UInt32.self, "its type"), offset = try cursor.integer(UInt64.self, "its offset")
            guard let start = Int(exactly: offset) else { throw Failure("its offset is \(offset)") }
            return StoredTensor(name: name, dimensions: dimensions, type: type, offset: start)
        }
    }

    private static func dimensions(_ cursor: inout ByteCursor) throws -> [Int] {
        let count = try cursor.integer(UInt32.self, "its number of dimensions")
        guard count <= mostDimensions else { throw Failure("has \(count) dimensions, more than \(mostDimensions)") }
        var product = 1
        return try (0..<Int(count)).map { _ in
            let size = try cursor.integer(Int64.self, "a dimension")
            let (next, overflow) = product.multipliedReportingOverflow(by: Int(size))
            guard size > 0, !overflow else { throw Failure("has a dimension of \(size), which cannot be") }
            product = next
            return Int(size)
        }
    }

    private static func checkNames(_ tensors: [StoredTensor]) throws {
        var names: Set<String> = []
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else { throw Failure("tensor '\(tensor.name)' occurs twice") }
        }
    }

    /// Tensors lie in their order, without holes but for what the alignment fills up, and end where the file does. How many bytes one has
    /// up to the next tells what its type's number stands for.
    private static func place(_ tensors: inout [StoredTensor], in size: Int, _ alignment: Int) throws {
        guard let first = tensors.first else { throw Failure("holds no tensors") }
        guard first.offset == 0 else { throw Failure("tensor '\(first.name)' begins at byte \(first.offset) of the data, expected 0") }
        for index in tensors.indices {
            let isLast = index == tensors.count - 1
            let end = isLast ? size : tensors[index + 1].offset
            try placing("tensor '\(tensors[index].name)'") {
                guard end >= tensors[index].offset, end <= max(size, 0) else {
                    throw Failure("begins at byte \(tensors[index].offset) of the data and ends at byte \(end) of \(max(size, 0))")
                }
                tensors[index].room = end - tensors[index].offset
                try findType(&tensors[index], alignment, isLast: isLast)
            }
        }
    }

    private static func findType(_ tensor: inout StoredTensor, _ alignment: Int, isLast: Bool) throws {
        let types = StoredType.all(of: tensor.type), room = tensor.room
        guard !types.isEmpty else { throw Failure("has type \(tensor.type), which is not supported") }
        let sizes = types.map { $0.byteCounts(rows: tensor.rows, columns: tensor.columns) }
        tensor.candidates = zip(types, sizes).filter { _, sizes in
            sizes.contains { $0 <= room && (isLast ? room <= padded($0, alignment) : room == padded($0, alignment)) }
        }.map(\.0)
        guard tensor.candidates.isEmpty else { return }
        let known = zip(types, sizes).map { type, sizes in
            "\(type.rawValue) \(sizes.isEmpty ? "cannot hold its shape" : "takes \(sizes.map(String.init).joined(separator: " or "))")"
        }
        throw Failure("has shape \(tensor.shape), type \(tensor.type) and \(room) bytes: \(known.joined(separator: ", "))")
    }
}
