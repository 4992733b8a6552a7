import Basis

/// Reads a config.json that nobody vouches for, with the defaults of the original code: an absent or null key has its default.
public struct Configuration {
    let json: JSON
    /// What comes before the names of keys in an object within the file: `rope_scaling.`.
    private var path = ""

    public init(_ json: JSON) throws {
        guard json.objectValue != nil else { throw Failure("config.json holds no object") }
        self.json = json
    }

    /// The object under a key, nil if the key is absent.
    public func part(_ key: String) throws -> Configuration? {
        guard let value = value(key) else { return nil }
        guard value.objectValue != nil else { throw refusal(key, value, "an object") }
        var part = try Configuration(value)
        part.path = path + key + "."
        return part
    }

    private func value(_ key: String) -> JSON? { json[key].flatMap { $0.isNull ? nil : $0 } }

    /// Wider than any row of a real model.
    public static let sizeLimit = 1 << 24
    /// More layers than any real model has: a graph is built of them before anything else is known to fit.
    public static let layerLimit = 1024

    /// An integer of 1 to `most`, or nil if the key is absent.
    public func optionalSize(_ key: String, most: Int = sizeLimit) throws -> Int? {
        guard let value = value(key) else { return nil }
        guard let size = value.intValue, size >= 1, size <= most else { throw refusal(key, value, "an integer of 1 to \(most)") }
        return size
    }

    public func size(_ key: String, default standard: Int, most: Int = sizeLimit) throws -> Int {
        try optionalSize(key, most: most) ?? standard
    }

    /// The same where null says that there is none; only an absent key has its default.
    public func nullableSize(_ key: String, default standard: Int?, most: Int = sizeLimit) throws -> Int? {
        json[key] == nil ? standard : try optionalSize(key, most: most)
    }

    /// An integer of 0 on.
    public func count(_ key: String, default standard: Int) throws -> Int {
        guard let value = value(key) else { return standard }
        guard let count = value.intValue, count >= 0, count <= Self.sizeLimit else {
            throw refusal(key, value, "an integer of 0 to \(Self.sizeLimit)")
        }
        return count
    }

    /// A positive number.
    public func positive(_ key: String, default standard: Double) throws -> Double {
        guard let value = value(key) else { return standard }
        guard let number = value.doubleValue, Float(number) > 0, Float(number).isFinite else {
            throw refusal(key, value, "a positive number")
        }
        return number
    }

    public func flag(_ key: String, default standard: Bool) throws -> Bool {
        guard let value = value(key) else { return standard }
        guard let flag = value.boolValue else { throw refusal(key, value, "true or false") }
        return flag
    }

    public func string(_ key: String, default standard: String) throws -> String {
        guard let value = value(key) else { return standard }
        guard let string = value.stringValue else { throw refusal(key, value, "a string") }
        return string
    }

    /// A string out of a few.
    public func choice(_ key: String, of known: [String], default standard: String) throws -> String {
        let choice = try string(key, default: standard)
        guard known.contains(choice) else {
            throw refusal(key, .string(choice), known.map { "'\($0)'" }.joined(separator: " or "))
        }
        return choice
    }

    /// A list of strings; none if the key is absent.
    public func strings(_ key: String) throws -> [String] {
        guard let value = value(key) else { return [] }
        let list = value.arrayValue?.compactMap(\.stringValue)
        guard let list, list.count == value.arrayValue?.count else { throw refusal(key, value, "a list of strings") }
        return list
    }

    /// Why a value is not taken.
    public func refusal(_ key: String, _ value: JSON, _ expected: String) -> Failure {
        Failure("config.json has '\(path)\(key)': \(value.compact.prefix(80)), expected \(expected)")
    }
}
