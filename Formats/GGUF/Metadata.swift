import Basis

/// A value of a GGUF file's metadata.
enum MetadataValue {
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case text(String)
    case list(MetadataList)
}

/// An array, which stays in the file until somebody asks for it: a small type of element would else take many times its bytes.
struct MetadataList {
    let kind: MetadataKind
    let count: Int
    /// The elements' bytes, which `owner` keeps in memory.
    let bytes: UnsafeRawBufferPointer
    let owner: MappedFile

    /// The elements in order; the bytes were checked when the header was read.
    func values() throws -> [MetadataValue] {
        try withExtendedLifetime(owner) {
            var cursor = ByteCursor(bytes)
            return try (0..<count).map { _ in try kind.value(&cursor, "an element") }
        }
    }
}

/// The types of metadata, by their numbers.
enum MetadataKind: UInt32 {
    case uint8, int8, uint16, int16, uint32, int32, float32, bool, string, array, uint64, int64, float64

    /// Bytes of a value, at least.
    var size: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .uint16, .int16: 2
        case .uint32, .int32, .float32: 4
        case .string, .uint64, .int64, .float64: 8
        case .array: 12
        }
    }

    /// Reads a value that is no array.
    func value(_ cursor: inout ByteCursor, _ what: @autoclosure () -> String) throws -> MetadataValue {
        switch self {
        case .uint8: .integer(Int(try cursor.integer(UInt8.self, what())))
        case .int8: .integer(Int(try cursor.integer(Int8.self, what())))
        case .uint16: .integer(Int(try cursor.integer(UInt16.self, what())))
        case .int16: .integer(Int(try cursor.integer(Int16.self, what())))
        case .uint32: .integer(Int(try cursor.integer(UInt32.self, what())))
        case .int32: .integer(Int(try cursor.integer(Int32.self, what())))
        case .int64: .integer(Int(try cursor.integer(Int64.self, what())))
        case .uint64: MetadataKind.wide(try cursor.integer(UInt64.self, what()))
        case .float32: .number(Double(Float(bitPattern: try cursor.integer(UInt32.self, what()))))
        case .float64: .number(Double(bitPattern: try cursor.integer(UInt64.self, what())))
        case .bool: .flag(try MetadataKind.flag(cursor.integer(UInt8.self, what()), what()))
        case .string: .text(try cursor.string(what()))
        case .array: throw Failure("\(what()) is an array in an array")
        }
    }

    private static func wide(_ value: UInt64) -> MetadataValue { Int(exactly: value).map { .integer($0) } ?? .number(Double(value)) }

    private static func flag(_ byte: UInt8, _ what: @autoclosure () -> String) throws -> Bool {
        guard byte <= 1 else { throw Failure("\(what()) is \(byte), neither true nor false") }
        return byte == 1
    }
}

/// The metadata of a file, by key. A value of another type than asked for is a failure; an absent one is nil.
struct Metadata {
    private var values: [String: MetadataValue] = [:]

    /// Refuses a key that is there already.
    mutating func add(_ key: String, _ value: MetadataValue) throws {
        guard values.updateValue(value, forKey: key) == nil else { throw Failure("key '\(key)' occurs twice") }
    }

    func text(_ key: String) throws -> String? {
        try values[key].map { if case .text(let value) = $0 { value } else { throw Metadata.refusal(key, "a string") } }
    }

    func integer(_ key: String) throws -> Int? {
        try values[key].map { if case .integer(let value) = $0 { value } else { throw Metadata.refusal(key, "an integer") } }
    }

    func number(_ key: String) throws -> Double? {
        try values[key].map { try Metadata.number($0) ?? { throw Metadata.refusal(key, "a number") }() }
    }

    func flag(_ key: String) throws -> Bool? {
        try values[key].map { if case .flag(let value) = $0 { value } else { throw Metadata.refusal(key, "true or false") } }
    }

    func texts(_ key: String) throws -> [String]? {
        try list(key)?.map { if case .text(let value) = $0 { value } else { throw Metadata.refusal(key, "strings") } }
    }

    func integers(_ key: String) throws -> [Int]? {
        try list(key)?.map { if case .integer(let value) = $0 { value } else { throw Metadata.refusal(key, "integers") } }
    }

    func numbers(_ key: String) throws -> [Double]? {
        try list(key)?.map { try Metadata.number($0) ?? { throw Metadata.refusal(key, "numbers") }() }
    }

    private func list(_ key: String) throws -> [MetadataValue]? {
        try values[key].map { if case .list(let list) = $0 { try list.values() } else { throw Metadata.refusal(key, "an array") } }
    }

    private static func number(_ value: MetadataValue) -> Double? {
        switch value {
        case .number(let number): number
        case .integer(let integer): Double(integer)
        default: nil
        }
    }

    private static func refusal(_ key: String, _ expected: String) -> Failure { Failure("key '\(key)' does not hold \(expected)") }
}
