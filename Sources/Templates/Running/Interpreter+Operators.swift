import Basis
import Glibc

extension Interpreter {
    func binary(_ operation: Expression.Operator, _ left: Value, _ right: Value) throws -> Value {
        if let result = try joined(operation, left, right) { return result }
        guard let one = left.number, let other = right.number else {
            if case .undefined(let name) = left { throw failure("'\(name)' is undefined") }
            if case .undefined(let name) = right { throw failure("'\(name)' is undefined") }
            throw failure("no operation of these on types \(left.typeName) and \(right.typeName)")
        }
        if let left = left.integer, let right = right.integer, operation != .divide { return try whole(operation, left, right) }
        switch operation {
        case .add: return .float(one + other)
        case .subtract: return .float(one - other)
        case .multiply: return .float(one * other)
        case .power: return .float(pow(one, other))
        case .divide, .floorDivide, .modulo:
            guard other != 0 else { throw failure("division by zero") }
            if operation == .divide { return .float(one / other) }
            return .float(operation == .floorDivide ? (one / other).rounded(.down) : one - (one / other).rounded(.down) * other)
        }
    }

    /// Of strings and lists.
    private func joined(_ operation: Expression.Operator, _ left: Value, _ right: Value) throws -> Value? {
        switch (operation, left, right) {
        case (.add, .text(let left), .text(let right)):
            try spend(left.count + right.count)
            return .text(left + right)
        case (.add, .list(let left), .list(let right)) where left.isTuple == right.isTuple:
            return try list(left.items + right.items, isTuple: left.isTuple)
        case (.multiply, .text(let text), let times), (.multiply, let times, .text(let text)):
            return try times.integer.map { .text(Text(units: try repeated(text.units, $0))) }
        case (.multiply, .list(let items), let times), (.multiply, let times, .list(let items)):
            return try times.integer.map { try list(try repeated(items.items, $0), isTuple: items.isTuple) }
        case (.modulo, .text, _): throw failure("'%' of a string is not supported")
        default: return nil
        }
    }

    private func repeated<Item>(_ items: [Item], _ times: Int) throws -> [Item] {
        let (count, overflows) = items.count.multipliedReportingOverflow(by: max(0, times))
        try spend(overflows ? Int.max : count)
        guard count > 0 else { return [] }
        var result: [Item] = []
        result.reserveCapacity(count)
        for _ in 0..<times { result += items }
        return result
    }

    private func whole(_ operation: Expression.Operator, _ left: Int, _ right: Int) throws -> Value {
        var (value, overflows) = (0, false)
        switch operation {
        case .add: (value, overflows) = left.addingReportingOverflow(right)
        case .subtract: (value, overflows) = left.subtractingReportingOverflow(right)
        case .multiply: (value, overflows) = left.multipliedReportingOverflow(by: right)
        case .power: return try power(left, right)
        case .divide, .floorDivide, .modulo:
            guard right != 0 else { throw failure("division by zero") }
            guard right != -1 else { return operation == .modulo ? .int(0) : try whole(.subtract, 0, left) }
            let isBelow = (left % right != 0) && ((left < 0) != (right < 0))
            value = operation == .modulo ? left % right + (isBelow ? right : 0) : left / right - (isBelow ? 1 : 0)
        }
        guard !overflows else { throw failure("a number is too large") }
        return .int(value)
    }

    private func power(_ base: Int, _ exponent: Int) throws -> Value {
        guard exponent >= 0 else {
            guard base != 0 else { throw failure("division by zero") }
            return .float(pow(Double(base), Double(exponent)))
        }
        guard ![0, 1, -1].contains(base) else { return .int(base == -1 && exponent % 2 == 0 ? 1 : exponent == 0 ? 1 : base) }
        var (result, overflows) = (1, false)
        for _ in 0..<min(exponent, 64) {
            (result, overflows) = result.multipliedReportingOverflow(by: base)
            guard !overflows else { throw failure("a number is too large") }
        }
        return .int(result)
    }
}

// Comparisons.
extension Interpreter {
    func compare(_ first: Expression, _ rest: [(Expression.Comparison, Expression)], _ scope: Scope) throws -> Bool {
        var left = try evaluate(first, scope)
        for (comparison, expression) in rest {
            let right = try evaluate(expression, scope)
            guard try compare(comparison, left, right) else { return false }
            left = right
        }
        return true
    }

    func compare(_ comparison: Expression.Comparison, _ left: Value, _ right: Value) throws -> Bool {
        try spend(Swift.min(left.weight, right.weight))
        switch comparison {
        case .equal: return Value.equal(left, right)
        case .unequal: return !Value.equal(left, right)
        case .less: return try less(left, right)
        case .greater: return try less(right, left)
        case .lessOrEqual: return try less(left, right) || Value.equal(left, right)
        case .greaterOrEqual: return try less(right, left) || Value.equal(left, right)
        case .isIn: return try contains(right, left)
        case .isNotIn: return try !contains(right, left)
        }
    }

    func less(_ left: Value, _ right: Value) throws -> Bool {
        if let result = Value.less(left, right) { return result }
        throw failure("values of types \(left.typeName) and \(right.typeName) have no order")
    }

    func contains(_ container: Value, _ item: Value) throws -> Bool {
        switch container {
        case .undefined: return false
        case .text(let text):
            guard case .text(let part) = item else { throw failure("a string holds no value of type \(item.typeName)") }
            try spend(text.count)
            return try find(part, in: text) != nil
        case .list(let list):
            try spend(list.weight)
            return list.items.contains { Value.equal($0, item) }
        case .dict(let dict): return dict.value(item) != nil
        default: throw failure("a value of type \(container.typeName) holds nothing")
        }
    }

    /// Where `part` occurs first; the time that it takes is paid for in advance.
    func find(_ part: Text, in text: Text, from start: Int = 0, to end: Int? = nil) throws -> Int? {
        try paySearch(part, text)
        return text.first(part, from: start, to: end)
    }

    /// At worst a search takes a comparison of both at each place.
    func paySearch(_ part: Text, _ text: Text) throws {
        try spend(text.count)
        guard part.count > 64 else { return }
        try spend((text.count / 64).multipliedReportingOverflow(by: part.count / 64).partialValue)
    }
}
