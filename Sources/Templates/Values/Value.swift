/// What expressions of a template are.
enum Value: Sendable {
    /// Nothing of that name was there.
    case undefined(String)
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case text(Text)
    case list(List)
    case dict(Dict)
    /// What `namespace()` makes: the one thing that assignments change.
    case namespace(Namespace)
    case macro(Macro)
    /// A function of the environment, or a method of a value.
    case function(Function)
    case loop(Loop)

    static func text(_ string: String) -> Value { .text(Text(string)) }
    static func list(_ items: [Value]) -> Value { .list(List(items)) }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
}

/// A list or a tuple.
struct List: Sendable {
    var items: [Value]
    var isTuple = false
    /// How deep lists and objects are nested in it, at least itself.
    let depth: Int
    /// See `Value.weight`.
    let weight: Int

    init(_ items: [Value], isTuple: Bool = false) {
        (self.items, self.isTuple) = (items, isTuple)
        depth = 1 + (items.map(\.depth).max() ?? 0)
        weight = items.reduce(1) { Value.sum($0, $1.weight) }
    }
}

/// Values by key, in the order in which they came.
struct Dict: Sendable {
    private(set) var keys: [Value] = []
    private(set) var values: [Value] = []
    private var places: [Key: Int] = [:]
    private(set) var depth = 1, weight = 1

    /// Numbers are the same key if they are equal, as in Python.
    enum Key: Hashable, Sendable {
        case none, int(Int), float(Double), text(Text)

        init?(_ value: Value) {
            switch value {
            case .none: self = .none
            case .bool(let value): self = .int(value ? 1 : 0)
            case .int(let value): self = .int(value)
            case .float(let value): self = Int(exactly: value).map { .int($0) } ?? .float(value)
            case .text(let value): self = .text(value)
            default: return nil
            }
        }
    }

    var count: Int { keys.count }

    /// False if the key is of no kind that keys may have.
    mutating func set(_ key: Value, _ value: Value) -> Bool {
        guard let place = Key(key) else { return false }
        if let index = places[place] {
            values[index] = value
        } else {
            places[place] = keys.count
            keys.append(key)
            values.append(value)
        }
        depth = max(depth, 1 + value.depth)
        weight = Value.sum(weight, Value.sum(key.weight, value.weight))
        return true
    }

    mutating func set(_ key: String, _ value: Value) { _ = set(.text(key), value) }

    func value(_ key: Value) -> Value? { Key(key).flatMap { places[$0] }.map { values[$0] } }

    func value(_ key: String) -> Value? { value(.text(Text(key))) }

    var items: [Value] { zip(keys, values).map { .list(List([$0, $1], isTuple: true)) } }
}

/// Values by name, shared by all who know it.
final class Namespace: @unchecked Sendable {
    var members = Dict()
}

/// What `{% macro %}` makes.
final class Macro: @unchecked Sendable {
    let name: String
    let parameters: [Parameter]
    let body: [Statement]
    let scope: Scope

    init(_ name: String, _ parameters: [Parameter], _ body: [Statement], _ scope: Scope) {
        (self.name, self.parameters, self.body, self.scope) = (name, parameters, body, scope)
    }
}

/// `loop` of one round of a loop.
struct Loop: Sendable {
    let index: Int
    let items: [Value]
    let depth: Int
    /// What a recursive loop calls.
    let statement: ForLoop?
    let scope: Scope
    /// What `changed` was last asked of.
    let memory: LoopMemory
}

final class LoopMemory: @unchecked Sendable {
    var last: [Value]?
}

/// A function by name: of the environment, or a method with what it belongs to.
struct Function: Sendable {
    let name: String
    let owner: BoxedValue?
}

final class BoxedValue: Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}

extension Value {
    /// How deep lists and objects are nested.
    var depth: Int {
        switch self {
        case .list(let list): list.depth
        case .dict(let dict): dict.depth
        default: 0
        }
    }

    /// How many values and characters are in it, each counted as often as it occurs: what printing or comparing it takes.
    var weight: Int {
        switch self {
        case .list(let list): list.weight
        case .dict(let dict): dict.weight
        case .text(let text): text.count + 1
        default: 1
        }
    }

    /// At most as much as there can be.
    static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? Int.max : sum
    }
}
