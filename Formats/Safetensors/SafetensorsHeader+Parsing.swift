import Basis
import Tensors

extension SafetensorsHeader {
    /// Reads the JSON of a header. `dataCount` is how many bytes follow it, where that is known.
    public init(parsing text: UnsafeRawBufferPointer, dataCount: Int?) throws {
        guard text.first == UInt8(ascii: "{") else { throw Failure("the header does not begin with '{'") }
        guard let object = try JSON(parsing: text, depth: 3).objectValue else { throw Failure("the header is not a JSON object") }
        var places: [Place] = []
        for (position, member) in object.members.enumerated() where member.key != Self.metadataKey {
            places.append(try Place(member.key, member.value, position))
        }
        places.sort { ($0.begin, $0.end, $0.position) < ($1.begin, $1.end, $1.position) }
        try Self.checkCover(places, dataCount: dataCount)
        try self.init(entries: places.map(\.entry), metadata: Self.metadata(object[Self.metadataKey]))
    }

    private static func metadata(_ value: JSON?) throws -> JSONObject {
        guard let value else { return JSONObject() }
        guard let object = value.objectValue else { throw Failure("'\(metadataKey)' is not an object") }
        return object
    }

    /// Each byte after the header belongs to exactly one tensor.
    private static func checkCover(_ places: [Place], dataCount: Int?) throws {
        var end = 0
        for place in places {
            guard place.begin >= end else {
                throw Failure("tensor '\(place.entry.name)' overlaps the one before it at byte \(place.begin)")
            }
            guard place.begin == end else { throw Failure("bytes \(end) to \(place.begin) belong to no tensor") }
            end = place.end
        }
        guard let dataCount else { return }
        guard end <= dataCount else { throw Failure("the tensors take \(end) bytes, but \(dataCount) follow the header") }
        guard end == dataCount else { throw Failure("\(dataCount - end) bytes after the last tensor belong to none") }
    }

    private struct Place {
        let entry: TensorEntry
        let begin: Int
        let end: Int
        let position: Int

        init(_ name: String, _ value: JSON, _ position: Int) throws {
            self.position = position
            guard let fields = value.objectValue else { throw Failure("tensor '\(name)' is not described by an object") }
            for key in fields.keys where !["dtype", "shape", "data_offsets"].contains(key) {
                throw Failure("tensor '\(name)' has the unknown field '\(key)'")
            }
            guard let offsets = Place.integers(fields["data_offsets"]), offsets.count == 2 else {
                throw Failure("tensor '\(name)' has no pair of data_offsets")
            }
            (begin, end) = (offsets[0], offsets[1])
            entry = try Place.entry(name, fields)
            guard begin >= 0, end >= begin, end - begin == entry.byteCount else {
                throw Failure("tensor '\(name)' takes \(entry.byteCount) bytes, but its offsets are \(begin) and \(end)")
            }
        }

        private static func entry(_ name: String, _ fields: JSONObject) throws -> TensorEntry {
            guard let type = fields["dtype"]?.stringValue else { throw Failure("tensor '\(name)' has no dtype") }
            guard let element = ElementType(rawValue: type) else {
                throw Failure("tensor '\(name)' has element type '\(type)', which is not supported")
            }
            guard let shape = integers(fields["shape"]) else { throw Failure("tensor '\(name)' has no shape") }
            return try TensorEntry(name: name, element: element, shape: shape)
        }

        private static func integers(_ value: JSON?) -> [Int]? {
            guard let elements = value?.arrayValue else { return nil }
            var integers: [Int] = []
            for element in elements {
                guard case .integer(let integer) = element else { return nil }
                integers.append(integer)
            }
            return integers
        }
    }
}

extension SafetensorsHeader {
    /// Bytes of the length field before the JSON.
    public static let lengthSize = 8

    /// What the length field says, if that can be a header of a file of `total` bytes.
    public static func textCount(_ length: UnsafeRawBufferPointer, total: Int? = nil) throws -> Int {
        guard length.count >= lengthSize else { throw Failure("\(length.count) bytes are too few for a safetensors header") }
        let count = UInt64(littleEndian: length.loadUnaligned(as: UInt64.self))
        guard count <= UInt64(limit) else { throw Failure("the header says it takes \(count) bytes, more than \(limit)") }
        if let total, count > UInt64(max(0, total - lengthSize)) {
            throw Failure("the header says it takes \(count) bytes, but the file has \(total)")
        }
        return Int(count)
    }

    /// Reads a header and its length field from where they stand in `reader`; both as they were written come with it.
    public static func read(from reader: any ByteReader) throws -> (header: SafetensorsHeader, bytes: [UInt8]) {
        let length = try reader.readExactly("the header", count: lengthSize)
        let count = try naming(reader.name) { try length.withUnsafeBytes { try textCount($0) } }
        let text = try reader.readExactly("the header", count: count)
        let header = try naming(reader.name) {
            try text.withUnsafeBytes { try SafetensorsHeader(parsing: $0, dataCount: nil) }
        }
        return (header, length + text)
    }
}
