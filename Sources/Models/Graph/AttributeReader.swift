import Basis

/// Reads the attributes of an operation out of JSON that nobody vouches for.
public struct AttributeReader {
    let object: JSONObject

    public init(_ object: JSONObject) { self.object = object }

    /// Refuses attributes other than those named: a graph must not mean more than the reader understands.
    public func only(_ keys: String...) throws {
        if let stranger = object.keys.first(where: { !keys.contains($0) }) { throw Failure("unknown attribute '\(stranger)'") }
    }

    /// An integer of 1 to 2^31 - 1.
    public func size(_ key: String) throws -> Int { try integer(key, in: 1...Int(Int32.max)) }

    /// An integer of the range; `standard` if there is no such attribute.
    public func integer(_ key: String, in range: ClosedRange<Int>, default standard: Int) throws -> Int {
        object[key] == nil ? standard : try integer(key, in: range)
    }

    public func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int {
        guard let value = object[key]?.intValue, range.contains(value) else {
            throw Failure("attribute '\(key)' is not an integer of \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    public func float(_ key: String) throws -> Float {
        guard let value = object[key]?.doubleValue, Float(value).isFinite else { throw Failure("attribute '\(key)' is not a number") }
        return Float(value)
    }

    public func double(_ key: String) throws -> Double {
        guard let value = object[key]?.doubleValue, value.isFinite else { throw Failure("attribute '\(key)' is not a number") }
        return value
    }

    /// A number above zero.
    public func positive(_ key: String) throws -> Double {
        let value = try double(key)
        guard value > 0 else { throw Failure("the \(key) \(value) is not positive") }
        return value
    }

    /// A list of numbers above zero.
    public func positives(_ key: String) throws -> [Double] {
        guard let values = object[key]?.arrayValue?.map({ $0.doubleValue ?? 0 }), values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw Failure("attribute '\(key)' is not a list of positive numbers")
        }
        return values
    }

    public func flag(_ key: String) throws -> Bool {
        guard let value = object[key]?.boolValue else { throw Failure("attribute '\(key)' is not true or false") }
        return value
    }

    /// The attributes of a part.
    public func object(_ key: String) throws -> AttributeReader {
        guard let object = object[key]?.objectValue else { throw Failure("attribute '\(key)' is not an object") }
        return AttributeReader(object)
    }

    public func string(_ key: String) throws -> String {
        guard let value = object[key]?.stringValue, !value.isEmpty else { throw Failure("attribute '\(key)' is not a name") }
        return value
    }

    /// Nil if there is no such attribute.
    public func optionalString(_ key: String) throws -> String? { object[key] == nil ? nil : try string(key) }
}
