/// A JSON value (RFC 8259). Objects keep the order of their members and never hold a key twice.
public enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number written without fraction or exponent that fits in 64 bits.
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSON])
    case object(JSONObject)
}

/// The members of a JSON object, in order, found by key in constant time.
public struct JSONObject: Hashable, Sendable {
    public private(set) var members: [Member] = []
    private var positions = JSONKeyIndex()

    public struct Member: Hashable, Sendable {
        public let key: String
        public var value: JSON
    }

    public init() {}

    public var count: Int { members.count }
    public var keys: [String] { members.map(\.key) }

    /// The value of `key`; setting appends a new key at the end, setting nil removes it.
    public subscript(key: String) -> JSON? {
        get { positions.position(of: key, in: members).map { members[$0].value } }
        set {
            switch (positions.position(of: key, in: members), newValue) {
            case (let at?, let value?): members[at].value = value
            case (let at?, nil): remove(at)
            case (nil, let value?): _ = append(key, value)
            case (nil, nil): break
            }
        }
    }

    /// Adds a member at the end; false, and no change, if the key is there already.
    public mutating func append(_ key: String, _ value: JSON) -> Bool {
        members.append(Member(key: key, value: value))
        if positions.add(lastOf: members) { return true }
        members.removeLast()
        return false
    }

    private mutating func remove(_ at: Int) {
        members.remove(at: at)
        positions.rebuild(members, capacity: members.count * 4)
    }

    public static func == (left: JSONObject, right: JSONObject) -> Bool { left.members == right.members }
    public func hash(into hasher: inout Hasher) { hasher.combine(members) }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// A key given twice keeps its first value.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        for (key, value) in elements { _ = append(key, value) }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSON)...) {
        var object = JSONObject()
        for (key, value) in elements { _ = object.append(key, value) }
        self = .object(object)
    }
}

extension JSON {
    /// The shortest number that is this float: 1e-06, not 9.99999997475242e-07.
    public init(_ value: Float) { self = .number(Double("\(value)") ?? Double(value)) }
}

/// What a value is, or nil if it is something else. Reading a member of what is no object is nil as well.
extension JSON {
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    public var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
    public var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }
    public var isNull: Bool { self == .null }

    /// An integer, or a number that is a whole one (`2.0`).
    public var intValue: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    public var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public subscript(key: String) -> JSON? { objectValue?[key] }
}
