import Basis

/// Jinja's tests: `value is name`.
extension Interpreter {
    func test(_ name: String, _ value: Value, _ given: Given) throws -> Bool {
        switch name {
        case "defined": return !value.isUndefined
        case "undefined": return value.isUndefined
        case "none": return value.isNone
        case "boolean": if case .bool = value { return true } else { return false }
        case "true": if case .bool(true) = value { return true } else { return false }
        case "false": if case .bool(false) = value { return true } else { return false }
        case "integer": if case .int = value { return true } else { return false }
        case "float": if case .float = value { return true } else { return false }
        case "number": return value.number != nil
        case "string": return value.isText
        case "mapping": if case .dict = value { return true } else { return false }
        case "iterable", "sequence": return isIterable(value)
        case "callable": return isCallable(value)
        case "odd", "even", "divisibleby": return try divides(name, value, given)
        case "lower", "upper":
            let text = try print(value)
            guard case .text(let cased)? = Self.cased(name, text) else { return false }
            return cased == text && text.string.unicodeScalars.contains { $0.properties.isCased }
        default: return try compare(name, value, given)
        }
    }

    private func isIterable(_ value: Value) -> Bool {
        switch value {
        case .list, .dict, .text, .undefined: true
        default: false
        }
    }

    private func isCallable(_ value: Value) -> Bool {
        switch value {
        case .macro, .function, .loop, .undefined: true
        default: false
        }
    }

    private func divides(_ name: String, _ value: Value, _ given: Given) throws -> Bool {
        let divisor = name == "divisibleby" ? given.integer(0, "num") : 2
        guard let number = value.integer, let divisor, divisor != 0 else { throw failure("'\(name)' takes whole numbers") }
        return number.remainderReportingOverflow(dividingBy: divisor).partialValue == 0 ? name != "odd" : name == "odd"
    }

    private func compare(_ name: String, _ value: Value, _ given: Given) throws -> Bool {
        let comparisons: [String: Expression.Comparison] = [
            "eq": .equal, "equalto": .equal, "==": .equal, "ne": .unequal, "!=": .unequal, "lt": .less, "lessthan": .less, "<": .less,
            "le": .lessOrEqual, "<=": .lessOrEqual, "gt": .greater, "greaterthan": .greater, ">": .greater, "ge": .greaterOrEqual,
            ">=": .greaterOrEqual, "in": .isIn,
        ]
        guard let other = given.positional.first else { throw failure("there is no test '\(name)', or it lacks a value") }
        if name == "sameas" { return try value.typeName == other.typeName && compare(.equal, value, other) }
        guard let comparison = comparisons[name] else { throw failure("there is no test '\(name)'") }
        return try compare(comparison, value, other)
    }
}
