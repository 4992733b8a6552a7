import Basis

/// Runs a template. It is total: each step takes fuel, and output, nesting and values are bounded, so every template ends.
final class Interpreter {
    private let limits: TemplateLimits
    private var fuel: Int
    private var depth = 0
    private(set) var output = Text()
    /// Texts being made aside, by macros and blocks that capture.
    private var captured: [Text] = []
    var line = 0
    /// For `strftime_now`: seconds since 1970, or nil for now.
    let time: Int?
    /// Everything that may come to hold itself; emptied in the end.
    private var namespaces: [Namespace] = []
    private var scopes: [ObjectIdentifier: Scope] = [:]

    /// How the statements of a block ended.
    enum Ending { case normal, `break`, `continue` }

    init(_ limits: TemplateLimits, time: Int?) { (self.limits, fuel, self.time) = (limits, limits.fuel, time) }

    deinit {
        for namespace in namespaces { namespace.members = Dict() }
        for scope in scopes.values { scope.clear() }
    }

    func failure(_ what: String) -> Failure { Failure("line \(line): \(what)") }

    func spend(_ count: Int = 1) throws {
        (fuel, _) = fuel.subtractingReportingOverflow(count)
        guard fuel >= 0 else { throw failure("it takes more than \(limits.fuel) steps") }
    }

    func nested<Result>(_ body: () throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= TemplateLimits.calls else { throw failure("it is nested too deep") }
        return try body()
    }

    func write(_ text: Text) throws {
        try spend(text.count)
        if captured.isEmpty { output += text } else { captured[captured.count - 1] += text }
        guard (captured.last ?? output).count <= limits.output else { throw failure("it makes more than \(limits.output) characters") }
    }

    /// What `body` writes.
    func capturing(_ body: () throws -> Void) throws -> Text {
        captured.append(Text())
        do { try body() } catch {
            captured.removeLast()
            throw error
        }
        return captured.removeLast()
    }

    func newNamespace() throws -> Namespace {
        try spend(16)
        let namespace = Namespace()
        namespaces.append(namespace)
        return namespace
    }

    private func keep(_ scope: Scope) {
        for scope in scope.ancestors where scopes.updateValue(scope, forKey: ObjectIdentifier(scope)) != nil { return }
    }

    /// A list, unless it is nested too deep.
    func list(_ items: [Value], isTuple: Bool = false) throws -> Value {
        try spend(4 * items.count)
        return try checked(.list(List(items, isTuple: isTuple)))
    }

    func checked(_ value: Value) throws -> Value {
        guard value.depth <= TemplateLimits.valueDepth else { throw failure("a list is nested too deep") }
        return value
    }
}

// Statements.
extension Interpreter {
    @discardableResult
    func run(_ statements: [Statement], _ scope: Scope) throws -> Ending {
        for statement in statements {
            line = statement.line
            try spend()
            let ending = try nested { try run(statement.kind, scope) }
            guard case .normal = ending else { return ending }
        }
        return .normal
    }

    private func run(_ statement: Statement.Kind, _ scope: Scope) throws -> Ending {
        switch statement {
        case .text(let text): try write(text)
        case .output(let value): try write(try print(evaluate(value, scope)))
        case .condition(let branches, let otherwise):
            for (test, body) in branches where try evaluate(test, scope).isTrue { return try run(body, scope) }
            return try run(otherwise, scope)
        case .loop(let loop): try run(loop, try evaluate(loop.sequence, scope), scope, depth: 1)
        case .set(let target, let value): try assign(try evaluate(value, scope), to: target, scope)
        case .setBlock(let target, let body, let filter): try assign(try filtered(body, filter, scope), to: target, scope)
        case .filter(let filter, let body): try write(print(try filtered(body, filter, scope)))
        case .macro(let name, let parameters, let body):
            keep(scope)
            scope.set(name, .macro(Macro(name, parameters, body, scope)))
        case .call(let parameters, let call, let body):
            keep(scope)
            try write(print(try evaluate(call, scope, caller: Macro("caller", parameters, body, scope))))
        case .with(let assignments, let body):
            let inner = Scope(in: scope)
            for (target, value) in assignments { try assign(try evaluate(value, scope), to: target, inner) }
            return try run(body, inner)
        case .scope(let body): return try run(body, Scope(in: scope))
        case .break: return .break
        case .continue: return .continue
        }
        return .normal
    }

    private func filtered(_ body: [Statement], _ filter: Expression?, _ scope: Scope) throws -> Value {
        let text = Value.text(try capturing { try run(body, Scope(in: scope)) })
        guard let filter else { return text }
        return try evaluate(filter, scope, filtering: text)
    }

    func print(_ value: Value) throws -> Text {
        try spend(value.weight)
        return value.printed
    }

    func assign(_ value: Value, to target: Target, _ scope: Scope) throws {
        switch target {
        case .name(let name): scope.set(name, value)
        case .member(let name, let member):
            guard case .namespace(let namespace)? = scope.value(name) else { throw failure("'\(name)' is no namespace") }
            namespace.members.set(member, try checked(value))
        case .tuple(let targets):
            let items = try items(of: value)
            guard items.count == targets.count else { throw failure("\(items.count) values for \(targets.count) names") }
            for (target, item) in zip(targets, items) { try assign(item, to: target, scope) }
        }
    }
}

// Loops.
extension Interpreter {
    func run(_ loop: ForLoop, _ sequence: Value, _ scope: Scope, depth: Int) throws {
        var items = try items(of: sequence)
        if let condition = loop.condition {
            items = try items.filter { item in
                let inner = Scope(in: scope)
                try assign(item, to: loop.target, inner)
                return try evaluate(condition, inner).isTrue
            }
        }
        guard !items.isEmpty else {
            try run(loop.otherwise, Scope(in: scope))
            return
        }
        let memory = LoopMemory()
        for (index, item) in items.enumerated() {
            try spend()
            let inner = Scope(in: scope)
            if loop.isRecursive { keep(scope) }
            inner.set("loop", .loop(Loop(
                index: index, items: items, depth: depth, statement: loop.isRecursive ? loop : nil, scope: scope, memory: memory)))
            try assign(item, to: loop.target, inner)
            if case .break = try run(loop.body, inner) { return }
        }
    }

    /// What a loop goes through.
    func items(of value: Value) throws -> [Value] {
        let items: [Value]
        switch value {
        case .undefined: items = []
        case .list(let list): items = list.items
        case .dict(let dict): items = dict.keys
        case .text(let text):
            try spend(16 * text.count)
            items = text.units.map { .text(Text(units: [$0])) }
        default: throw failure("a value of type \(value.typeName) has no items")
        }
        try spend(items.count)
        return items
    }
}
