import Basis

extension Interpreter {
    /// `caller` is what a call block hands to the macro that it calls; `filtering` what a filter without a value works on.
    func evaluate(_ expression: Expression, _ scope: Scope, caller: Macro? = nil, filtering: Value? = nil) throws -> Value {
        try spend()
        return try nested { try value(of: expression, scope, caller, filtering) }
    }

    private func value(of expression: Expression, _ scope: Scope, _ caller: Macro?, _ filtering: Value?) throws -> Value {
        switch expression {
        case .constant(let value): return value
        case .name(let name): return named(name, scope)
        case .list(let items): return try list(items.map { try evaluate($0, scope) })
        case .tuple(let items): return try list(items.map { try evaluate($0, scope) }, isTuple: true)
        case .dict(let pairs): return try dict(pairs, scope)
        case .attribute(let owner, let name): return try attribute(name, of: try evaluate(owner, scope))
        case .item(let owner, let key): return try item(try evaluate(key, scope), of: try evaluate(owner, scope))
        case .slice(let value, let from, let to, let step):
            return try slice(try evaluate(value, scope), try [from, to, step].map { try $0.map { try evaluate($0, scope) } })
        case .call(let function, let arguments):
            return try call(try evaluate(function, scope), try evaluate(arguments, scope), caller)
        case .filter(let value, let name, let arguments):
            let input = try value.map { try evaluate($0, scope, filtering: filtering) } ?? filtering ?? .undefined("value")
            return try filter(name, input, try evaluate(arguments, scope))
        case .test(let value, let name, let arguments):
            return .bool(try test(name, try evaluate(value, scope), try evaluate(arguments, scope)))
        default: return try operation(expression, scope)
        }
    }

    private func operation(_ expression: Expression, _ scope: Scope) throws -> Value {
        switch expression {
        case .not(let value): return .bool(try !evaluate(value, scope).isTrue)
        case .negative(let value): return try binary(.subtract, .int(0), try number(evaluate(value, scope)))
        case .positive(let value): return try number(evaluate(value, scope))
        case .all(let parts): return try first(parts, scope) { !$0.isTrue }
        case .any(let parts): return try first(parts, scope) { $0.isTrue }
        case .chain(let first, let rest):
            return try rest.reduce(try evaluate(first, scope)) { try binary($1.0, $0, try evaluate($1.1, scope)) }
        case .comparison(let first, let rest): return .bool(try compare(first, rest, scope))
        case .concatenation(let parts):
            return .text(try parts.reduce(into: Text()) { $0 += try print(evaluate($1, scope)) })
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test, scope).isTrue { return try evaluate(then, scope) }
            return try otherwise.map { try evaluate($0, scope) } ?? .undefined("value")
        default: return .undefined("value")
        }
    }

    private func first(_ parts: [Expression], _ scope: Scope, _ isEnough: (Value) -> Bool) throws -> Value {
        for part in parts.dropLast() {
            let value = try evaluate(part, scope)
            if isEnough(value) { return value }
        }
        return try parts.last.map { try evaluate($0, scope) } ?? .none
    }

    private func number(_ value: Value) throws -> Value {
        switch value {
        case .int, .float: return value
        case .bool(let value): return .int(value ? 1 : 0)
        default: throw failure("a value of type \(value.typeName) is no number")
        }
    }

    private func named(_ name: String, _ scope: Scope) -> Value {
        scope.value(name) ?? (Interpreter.globals.contains(name) ? .function(Function(name: name, owner: nil)) : .undefined(name))
    }

    private func dict(_ pairs: [(Expression, Expression)], _ scope: Scope) throws -> Value {
        var dict = Dict()
        for (key, value) in pairs {
            let key = try evaluate(key, scope)
            guard dict.set(key, try evaluate(value, scope)) else { throw failure("a value of type \(key.typeName) is no key") }
        }
        return try checked(.dict(dict))
    }

    private func evaluate(_ arguments: Arguments, _ scope: Scope) throws -> Given {
        var given = Given(
            positional: try arguments.positional.map { try evaluate($0, scope) },
            named: try arguments.named.map { ($0.name, try evaluate($0.value, scope)) })
        if let more = arguments.more { given.positional += try items(of: evaluate(more, scope)) }
        if let more = arguments.moreNamed {
            guard case .dict(let dict) = try evaluate(more, scope) else { throw failure("'**' takes an object") }
            try spend(dict.count)
            for (key, value) in zip(dict.keys, dict.values) { given.named.append((try print(key).string, value)) }
        }
        return given
    }
}

// Members and items.
extension Interpreter {
    /// `value.name`: a method, else a member.
    func attribute(_ name: String, of value: Value) throws -> Value {
        try refuseUndefined(value, name)
        guard !name.hasPrefix("_") else { return .undefined(name) }
        if Interpreter.methods(of: value).contains(name) { return .function(Function(name: name, owner: BoxedValue(value))) }
        switch value {
        case .dict(let dict): return dict.value(name) ?? .undefined(name)
        case .namespace(let namespace): return namespace.members.value(name) ?? .undefined(name)
        case .loop(let loop): return try loopMember(name, loop)
        case .macro(let macro): return name == "name" ? .text(macro.name) : .undefined(name)
        default: return .undefined(name)
        }
    }

    private func refuseUndefined(_ value: Value, _ member: String) throws {
        if case .undefined(let name) = value { throw failure("'\(name)' is undefined, so it has no '\(member)'") }
    }

    /// `value[key]`: an item, else a method of that name.
    func item(_ key: Value, of value: Value) throws -> Value {
        let name = key.weight < 80 ? key.printed.string : "item"
        try refuseUndefined(value, name)
        switch (value, key) {
        case (.dict(let dict), _): if let found = dict.value(key) { return found }
        case (.list(let list), _):
            if let index = key.integer { return Interpreter.place(index, list.items.count).map { list.items[$0] } ?? .undefined(name) }
        case (.text(let text), _):
            if let index = key.integer {
                return Interpreter.place(index, text.count).map { .text(text[$0..<$0 + 1]) } ?? .undefined(name)
            }
        default: break
        }
        guard case .text(let text) = key else { return .undefined(name) }
        return try attribute(text.string, of: value)
    }

    /// A place in so many items; negative ones count from the end.
    private static func place(_ index: Int, _ count: Int) -> Int? {
        let place = index < 0 ? index + count : index
        return (0..<count).contains(place) ? place : nil
    }

    private func slice(_ value: Value, _ bounds: [Value?]) throws -> Value {
        let bounds = try bounds.map { bound -> Int? in
            guard let bound, case let value = bound, !value.isNone else { return nil }
            guard let number = value.integer else { throw failure("a slice takes whole numbers") }
            return number
        }
        switch value {
        case .text(let text):
            let places = try places(bounds, text.count)
            try spend(places.count)
            return .text(Text(units: places.map { text.units[$0] }))
        case .list(let items): return try list(try places(bounds, items.items.count).map { items.items[$0] }, isTuple: items.isTuple)
        default: throw failure("a value of type \(value.typeName) has no slices")
        }
    }

    /// The places of a slice `[from:to:step]` of so many items, as Python counts them.
    private func places(_ bounds: [Int?], _ count: Int) throws -> [Int] {
        let step = bounds[2] ?? 1
        guard step != 0 else { throw failure("the step of a slice is 0") }
        func clamped(_ bound: Int?, _ fallback: Int) -> Int {
            guard let bound else { return fallback }
            let place = bound < 0 ? max(bound, -count - 1) + count : min(bound, count)
            return step > 0 ? max(0, place) : max(-1, min(place, count - 1))
        }
        let from = clamped(bounds[0], step > 0 ? 0 : count - 1), to = clamped(bounds[1], step > 0 ? count : -1)
        let limited = max(-count - 1, min(count + 1, step))
        return Array(stride(from: from, to: to, by: limited))
    }

    private func loopMember(_ name: String, _ loop: Loop) throws -> Value {
        let count = loop.items.count
        switch name {
        case "index": return .int(loop.index + 1)
        case "index0": return .int(loop.index)
        case "revindex": return .int(count - loop.index)
        case "revindex0": return .int(count - loop.index - 1)
        case "first": return .bool(loop.index == 0)
        case "last": return .bool(loop.index == count - 1)
        case "length": return .int(count)
        case "depth": return .int(loop.depth)
        case "depth0": return .int(loop.depth - 1)
        case "previtem": return loop.index > 0 ? loop.items[loop.index - 1] : .undefined(name)
        case "nextitem": return loop.index < count - 1 ? loop.items[loop.index + 1] : .undefined(name)
        default: return .undefined(name)
        }
    }
}

extension Value {
    var isNone: Bool { if case .none = self { true } else { false } }
}
