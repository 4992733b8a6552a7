import Basis
import Testing

/// Checks JSON against a JSON Schema (draft 2020-12) in as many keywords as Plugins/Devices/device.schema.json has; another one is a failure.
struct SchemaChecker {
    let root: JSON

    private static let annotations: Set<String> = ["$schema", "$id", "$defs", "title", "description"]

    /// What is wrong with a value, each with its path.
    func complaints(_ value: JSON) -> [String] { complaints(value, root, "") }

    /// A schema, or what it refers to.
    func resolved(_ schema: JSON) -> JSON {
        guard let reference = schema["$ref"]?.stringValue else { return schema }
        let path = reference.split(separator: "/").dropFirst()
        return path.reduce(JSON?.some(root)) { $0?[String($1)] } ?? .null
    }

    private func complaints(_ value: JSON, _ schema: JSON, _ path: String) -> [String] {
        if schema == false { return ["\(path): nothing may stand here"] }
        guard let keywords = schema.objectValue else { return ["\(path): the schema is no object"] }
        return keywords.members.flatMap { keyword -> [String] in
            Self.annotations.contains(keyword.key) ? [] : check(value, keyword.key, keyword.value, schema, path)
        }
    }

    private func check(_ value: JSON, _ keyword: String, _ argument: JSON, _ schema: JSON, _ path: String) -> [String] {
        switch keyword {
        case "$ref":
            let target = resolved(schema)
            return target.isNull ? ["\(path): \(argument) is not there"] : complaints(value, target, path)
        case "anyOf":
            let all = argument.arrayValue?.map { complaints(value, $0, path) } ?? []
            return all.contains([]) ? [] : ["\(path): none of \(all)"]
        case "properties", "required", "additionalProperties": return members(value, keyword, argument, schema, path)
        case "items", "prefixItems", "minItems", "maxItems": return elements(value, keyword, argument, schema, path)
        default: return scalar(value, keyword, argument).map { $0 ? [] : ["\(path): \(value) against \(keyword) \(argument)"] } ?? ["keyword \(keyword)?"]
        }
    }

    private func members(_ value: JSON, _ keyword: String, _ argument: JSON, _ schema: JSON, _ path: String) -> [String] {
        guard let object = value.objectValue else { return [] }
        let named = schema["properties"]?.objectValue?.keys ?? []
        switch keyword {
        case "properties": return object.members.flatMap { member in argument[member.key].map { complaints(member.value, $0, "\(path).\(member.key)") } ?? [] }
        case "required": return (argument.arrayValue ?? []).compactMap(\.stringValue).filter { object[$0] == nil }.map { "\(path): no \($0)" }
        default: return object.members.filter { !named.contains($0.key) }.flatMap { complaints($0.value, argument, "\(path).\($0.key)") }
        }
    }

    private func elements(_ value: JSON, _ keyword: String, _ argument: JSON, _ schema: JSON, _ path: String) -> [String] {
        guard let array = value.arrayValue else { return [] }
        let first = schema["prefixItems"]?.arrayValue ?? []
        switch keyword {
        case "minItems": return array.count >= argument.intValue ?? 0 ? [] : ["\(path): too few"]
        case "maxItems": return array.count <= argument.intValue ?? 0 ? [] : ["\(path): too many"]
        case "prefixItems": return zip(array, first).enumerated().flatMap { complaints($1.0, $1.1, "\(path).\($0)") }
        default: return array.enumerated().dropFirst(first.count).flatMap { complaints($1, argument, "\(path).\($0)") }
        }
    }

    /// Whether a value keeps to a keyword of its own kind; nil for a keyword that nobody knows.
    private func scalar(_ value: JSON, _ keyword: String, _ argument: JSON) -> Bool? {
        switch keyword {
        case "type": isA(value, argument.stringValue ?? "")
        case "enum": argument.arrayValue?.contains(value) == true
        case "minimum": value.doubleValue.map { $0 >= argument.doubleValue ?? .infinity } ?? true
        case "exclusiveMinimum": value.doubleValue.map { $0 > argument.doubleValue ?? .infinity } ?? true
        case "maximum": value.doubleValue.map { $0 <= argument.doubleValue ?? -.infinity } ?? true
        case "minLength": value.stringValue.map { $0.unicodeScalars.count >= argument.intValue ?? .max } ?? true
        case "pattern": value.stringValue.map { (try? Regex(argument.stringValue ?? "(").firstMatch(in: $0)) != nil } ?? true
        default: nil
        }
    }

    private func isA(_ value: JSON, _ type: String) -> Bool {
        switch type {
        case "object": value.objectValue != nil
        case "array": value.arrayValue != nil
        case "string": value.stringValue != nil
        case "number": value.doubleValue != nil
        case "integer": value.intValue != nil
        case "boolean": value.boolValue != nil
        default: false
        }
    }
}
