import Basis
import Glibc

// Macros and functions.
extension Interpreter {
    static let globals: Set<String> = ["range", "dict", "namespace", "raise_exception", "strftime_now"]

    func call(_ function: Value, _ given: Given, _ caller: Macro? = nil) throws -> Value {
        switch function {
        case .macro(let macro): return try call(macro, given, caller)
        case .function(let function):
            guard let owner = function.owner else { return try call(global: function.name, given) }
            return try call(method: function.name, of: owner.value, given)
        case .loop(let loop): return try call(loop, given)
        case .undefined(let name): throw failure("'\(name)' is undefined, so it cannot be called")
        default: throw failure("a value of type \(function.typeName) cannot be called")
        }
    }

    private func call(_ macro: Macro, _ given: Given, _ caller: Macro?) throws -> Value {
        let scope = Scope(in: macro.scope)
        if let caller { scope.set("caller", .macro(caller)) }
        for stranger in given.named where !macro.parameters.contains(where: { $0.name == stranger.name }) {
            throw failure("macro '\(macro.name)' has no parameter '\(stranger.name)'")
        }
        guard given.positional.count <= macro.parameters.count else {
            throw failure("macro '\(macro.name)' takes at most \(macro.parameters.count) arguments")
        }
        for (index, parameter) in macro.parameters.enumerated() {
            let value = try given.value(index, parameter.name) ?? parameter.fallback.map { try evaluate($0, scope) }
            scope.set(parameter.name, value ?? .undefined(parameter.name))
        }
        let outer = line
        defer { line = outer }
        return .text(try capturing { try run(macro.body, scope) })
    }

    /// A recursive loop on other items.
    private func call(_ loop: Loop, _ given: Given) throws -> Value {
        guard let statement = loop.statement else { throw failure("the loop is not recursive") }
        guard let sequence = given.positional.first else { throw failure("'loop' takes items") }
        return .text(try capturing { try run(statement, sequence, loop.scope, depth: loop.depth + 1) })
    }

    private func call(global name: String, _ given: Given) throws -> Value {
        switch name {
        case "range": return try range(given)
        case "dict":
            var dict = Dict()
            for (name, value) in given.named { dict.set(name, value) }
            return try checked(.dict(dict))
        case "namespace":
            let namespace = try newNamespace()
            if case .dict(let members)? = given.positional.first { namespace.members = members }
            for (name, value) in given.named { namespace.members.set(name, try checked(value)) }
            return .namespace(namespace)
        case "raise_exception":
            throw Failure("the template refuses it: \(try print(given.value(0, "message") ?? .text("")).string.prefix(500))")
        case "strftime_now": return .text(try date(given))
        default: throw failure("'\(name)' cannot be called")
        }
    }

    private func range(_ given: Given) throws -> Value {
        let numbers = given.positional.compactMap(\.integer)
        guard numbers.count == given.positional.count, (1...3).contains(numbers.count) else { throw failure("'range' takes whole numbers") }
        let (from, to) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1]), step = numbers.count == 3 ? numbers[2] : 1
        guard step != 0, step != .min else { throw failure("the step of 'range' is no number that it can go by") }
        // What Jinja's sandbox allows.
        let limit = 100_000
        let (span, overflows) = to.subtractingReportingOverflow(from)
        guard !overflows, span == 0 || (span < 0) != (step < 0) || span / step <= limit else {
            throw failure("'range' makes more than \(limit) numbers")
        }
        return try list(stride(from: from, to: to, by: step).map { .int($0) })
    }

    /// The local time, as strftime(3) writes it.
    private func date(_ given: Given) throws -> Text {
        guard let format = given.text(0, "format"), format.count <= 200 else { throw failure("'strftime_now' takes a short format") }
        var (seconds, parts) = (self.time ?? Glibc.time(nil), tm())
        localtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = strftime(&buffer, buffer.count, format.string, &parts)
        return Text(String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
}

// Methods.
extension Interpreter {
    private static let methodsOfText: Set<String> = [
        "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "replace", "upper", "lower", "title",
        "capitalize", "find", "rfind", "index", "count", "join", "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower",
        "removeprefix", "removesuffix", "zfill", "format",
    ]
    private static let methodsOfDict: Set<String> = [
        "get", "items", "keys", "values", "copy", "pop", "popitem", "update", "clear", "setdefault",
    ]
    private static let methodsOfList: Set<String> = [
        "index", "count", "copy", "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse",
    ]

    /// Names that a value answers to before its own members; those that would change it are refused when they are called.
    static func methods(of value: Value) -> Set<String> {
        switch value {
        case .text: methodsOfText
        case .dict: methodsOfDict
        case .list(let list): list.isTuple ? ["index", "count"] : methodsOfList
        case .loop: ["cycle", "changed"]
        default: []
        }
    }

    private func call(method name: String, of value: Value, _ given: Given) throws -> Value {
        switch value {
        case .text(let text): return try call(name, of: text, given)
        case .dict(let dict): return try call(name, of: dict, given)
        case .list(let list): return try call(name, of: list, given)
        case .loop(let loop): return try call(name, of: loop, given)
        default: throw failure("'\(name)' cannot be called")
        }
    }

    private func call(_ name: String, of dict: Dict, _ given: Given) throws -> Value {
        switch name {
        case "get":
            guard let key = given.value(0, "key") else { throw failure("'get' takes a key") }
            return dict.value(key) ?? given.value(1, "default") ?? .none
        case "items": return try list(dict.items)
        case "keys": return try list(dict.keys)
        case "values": return try list(dict.values)
        case "copy": return .dict(dict)
        default: throw failure("'\(name)' would change an object, which a template may not")
        }
    }

    private func call(_ name: String, of items: List, _ given: Given) throws -> Value {
        switch name {
        case "index", "count":
            guard let item = given.positional.first else { throw failure("'\(name)' takes an item") }
            try spend(items.weight)
            if name == "count" { return .int(items.items.count { Value.equal($0, item) }) }
            guard let index = items.items.firstIndex(where: { Value.equal($0, item) }) else { throw failure("'index' finds nothing") }
            return .int(index)
        case "copy": return .list(items)
        default: throw failure("'\(name)' would change a list, which a template may not")
        }
    }

    private func call(_ name: String, of loop: Loop, _ given: Given) throws -> Value {
        if name == "cycle" {
            guard !given.positional.isEmpty else { throw failure("'cycle' takes values") }
            return given.positional[loop.index % given.positional.count]
        }
        defer { loop.memory.last = given.positional }
        guard let last = loop.memory.last, last.count == given.positional.count else { return .bool(true) }
        for (one, other) in zip(last, given.positional) { try spend(min(one.weight, other.weight)) }
        return .bool(!zip(last, given.positional).allSatisfy { Value.equal($0, $1) })
    }
}
