import Basis

/// Numbers of a device that are given other values: `memories.HBM2.bandwidth=3 TB/s`.
public enum DeviceSetting {
    /// The file with each setting done. A number keeps its unit where none is given, and is from then on an assumption.
    public static func applied(_ settings: [String], to json: JSON) throws -> JSON {
        try settings.reduce(json) { json, setting in
            let sides = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, !sides[0].isEmpty else { throw Failure("'\(setting)' is not of the form path=value") }
            let text = String(sides[1])
            return try applied(String(sides[0]), (try? JSON(parsing: text)) ?? .string(text), to: json)
        }
    }

    /// The same for one path and a number, a word, or null for what is to be left out.
    static func applied(_ path: String, _ value: JSON, to json: JSON) throws -> JSON {
        let keys = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return try placing("'\(path)'") { try replaced(json, keys[...], value) }
    }

    private static func replaced(_ json: JSON, _ path: ArraySlice<String>, _ value: JSON) throws -> JSON {
        guard let key = path.first else { return try replaced(json, value) }
        switch json {
        case .object(var object):
            // What a file leaves out can be given, as long as it is no number with a source.
            guard object[key] != nil || path.count == 1 else {
                throw Failure("there is no '\(key)'; known here: \(object.keys.joined(separator: ", "))")
            }
            object[key] = try replaced(object[key] ?? .null, path.dropFirst(), value)
            return .object(object)
        case .array(var elements):
            guard let at = elements.firstIndex(where: { $0["name"]?.stringValue == key }) ?? Int(key), elements.indices.contains(at) else {
                let known = elements.compactMap { $0["name"]?.stringValue }
                throw Failure("there is no '\(key)'; known here: \(known.joined(separator: ", "))")
            }
            elements[at] = try replaced(elements[at], path.dropFirst(), value)
            return .array(elements)
        default: throw Failure("there is nothing below '\(key)'")
        }
    }

    private static func replaced(_ old: JSON, _ value: JSON) throws -> JSON {
        guard !value.isNull, var quantity = old.objectValue, quantity["unit"] != nil else {
            // A word may look like a number: bits of a trit.
            if old.stringValue != nil, value.doubleValue != nil { return .string(value.compact) }
            guard value.isNull || old.objectValue == nil && old.arrayValue == nil else {
                throw Failure("what stands there is more than a number or a word")
            }
            return value
        }
        (quantity["value"], quantity["unit"]) = try number(value, unit: quantity["unit"])
        for key in ["low", "high", "note", "sparsity"] { quantity[key] = nil }
        quantity["kind"] = .string(Quantity.Kind.assumed.rawValue)
        quantity["source"] = "given on the command line"
        return .object(quantity)
    }

    /// `3`, or `3 TB/s`.
    private static func number(_ value: JSON, unit: JSON?) throws -> (JSON, JSON?) {
        if value.doubleValue != nil { return (value, unit) }
        let text = value.stringValue ?? value.compact, words = text.split(separator: " ").map(String.init)
        guard let first = words.first, let number = Double(first), words.count <= 2 else {
            throw Failure("'\(text)' is no number, with or without a unit")
        }
        return (.number(number), words.count == 2 ? .string(words[1]) : unit)
    }
}
