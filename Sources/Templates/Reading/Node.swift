/// An expression.
indirect enum Expression: Sendable {
    case constant(Value)
    case name(String)
    case list([Expression])
    case tuple([Expression])
    case dict([(Expression, Expression)])
    case attribute(Expression, String)
    case item(Expression, Expression)
    case slice(Expression, from: Expression?, to: Expression?, step: Expression?)
    case call(Expression, Arguments)
    /// `value|name(..)`; no value where a block is filtered.
    case filter(Expression?, String, Arguments)
    case test(Expression, String, Arguments)
    case not(Expression)
    case negative(Expression)
    case positive(Expression)
    /// The first that is false, or the last; the first that is true, or the last.
    case all([Expression])
    case any([Expression])
    /// `a + b - c`, from the left.
    case chain(Expression, [(Operator, Expression)])
    /// `a < b <= c`
    case comparison(Expression, [(Comparison, Expression)])
    case concatenation([Expression])
    case conditional(Expression, then: Expression, else: Expression?)

    enum Operator: Sendable { case add, subtract, multiply, divide, floorDivide, modulo, power }
    enum Comparison: Sendable { case equal, unequal, less, lessOrEqual, greater, greaterOrEqual, isIn, isNotIn }
}

/// What is in the parentheses of a call.
struct Arguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    /// `*list` and `**object`, which come after the others.
    var more: Expression?
    var moreNamed: Expression?

    var isEmpty: Bool { positional.isEmpty && named.isEmpty && more == nil && moreNamed == nil }
}

struct Parameter: Sendable {
    let name: String
    let fallback: Expression?
}

/// What an assignment assigns to.
indirect enum Target: Sendable {
    case name(String)
    /// `ns.name`
    case member(String, String)
    case tuple([Target])
}

struct ForLoop: Sendable {
    let target: Target
    let sequence: Expression
    let condition: Expression?
    let body: [Statement]
    let otherwise: [Statement]
    let isRecursive: Bool
}

/// A part of a template and the line that it begins at.
struct Statement: Sendable {
    let kind: Kind
    let line: Int

    indirect enum Kind: Sendable {
        case text(Text)
        case output(Expression)
        case condition([(Expression, [Statement])], otherwise: [Statement])
        case loop(ForLoop)
        case set(Target, Expression)
        case setBlock(Target, [Statement], filter: Expression?)
        case macro(String, [Parameter], [Statement])
        case call([Parameter], Expression, [Statement])
        case filter(Expression, [Statement])
        case with([(Target, Expression)], [Statement])
        case scope([Statement])
        case `break`, `continue`
    }
}
