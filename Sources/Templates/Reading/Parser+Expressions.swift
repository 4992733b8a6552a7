import Basis

extension Parser {
    mutating func expression() throws -> Expression { try nested { try $0.conditional() } }

    /// Expressions with commas between them are a tuple.
    mutating func tuple(withConditional: Bool = true, before ends: [String] = [], isInParentheses: Bool = false) throws -> Expression {
        var (items, isTuple) = ([Expression](), false)
        while !isEndOfTuple(ends) {
            items.append(withConditional ? try expression() : try nested { try $0.or() })
            guard take(",") else { break }
            isTuple = true
        }
        if isTuple || items.isEmpty && isInParentheses { return .tuple(items) }
        guard let first = items.first else { throw failure("expected an expression, found \(token.description)") }
        return first
    }

    private func isEndOfTuple(_ ends: [String]) -> Bool {
        if token.kind == .variableEnd || token.kind == .blockEnd || isSymbol(")") { return true }
        return ends.contains { isName($0) }
    }

    private mutating func conditional() throws -> Expression {
        var (value, count) = (try or(), 0)
        while take(name: "if") {
            count += 1
            guard count <= TemplateLimits.nesting else { throw failure("it is nested too deep") }
            let test = try or()
            value = .conditional(test, then: value, else: take(name: "else") ? try nested { try $0.conditional() } : nil)
        }
        return value
    }

    private mutating func or() throws -> Expression {
        var parts = [try and()]
        while take(name: "or") { parts.append(try and()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func and() throws -> Expression {
        var parts = [try not()]
        while take(name: "and") { parts.append(try not()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func not() throws -> Expression {
        take(name: "not") ? .not(try nested { try $0.not() }) : try comparison()
    }

    private mutating func comparison() throws -> Expression {
        let left = try sum()
        var rest: [(Expression.Comparison, Expression)] = []
        while let comparison = takeComparison() { rest.append((comparison, try sum())) }
        return rest.isEmpty ? left : .comparison(left, rest)
    }

    private mutating func takeComparison() -> Expression.Comparison? {
        if isName("not"), isNextName("in") {
            advance()
            advance()
            return .isNotIn
        }
        if take(name: "in") { return .isIn }
        let symbols: [(String, Expression.Comparison)] = [
            ("==", .equal), ("!=", .unequal), ("<=", .lessOrEqual), ("<", .less), (">=", .greaterOrEqual), (">", .greater),
        ]
        for (symbol, comparison) in symbols where take(symbol) { return comparison }
        return nil
    }

    private mutating func sum() throws -> Expression {
        try chain([("+", .add), ("-", .subtract)]) { try $0.concatenation() }
    }

    private mutating func concatenation() throws -> Expression {
        var parts = [try product()]
        while take("~") { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : .concatenation(parts)
    }

    private mutating func product() throws -> Expression {
        try chain([("*", .multiply), ("//", .floorDivide), ("/", .divide), ("%", .modulo)]) { try $0.power() }
    }

    private mutating func power() throws -> Expression { try chain([("**", .power)]) { try $0.unary() } }

    private mutating func chain(
        _ symbols: [(String, Expression.Operator)], _ operand: (inout Parser) throws -> Expression
    ) throws -> Expression {
        let first = try operand(&self)
        var rest: [(Expression.Operator, Expression)] = []
        while let (_, operation) = symbols.first(where: { isSymbol($0.0) }) {
            advance()
            rest.append((operation, try operand(&self)))
        }
        return rest.isEmpty ? first : .chain(first, rest)
    }

    private mutating func unary(withFilters: Bool = true) throws -> Expression {
        var value: Expression
        if take("-") { value = .negative(try nested { try $0.unary(withFilters: false) }) }
        else if take("+") { value = .positive(try nested { try $0.unary(withFilters: false) }) }
        else { value = try primary() }
        value = try postfix(value)
        return withFilters ? try filters(of: value) : value
    }
}

// What operators work on.
extension Parser {
    private mutating func primary() throws -> Expression {
        let token = token
        advance()
        switch token.kind {
        case .name(let name): return constant(name) ?? .name(name)
        case .string(let string): return .constant(.text(moreStrings(after: string)))
        case .integer(let value): return .constant(.int(value))
        case .float(let value): return .constant(.float(value))
        case .symbol("("):
            let value = try nested { try $0.tuple(isInParentheses: true) }
            try expect(")")
            return value
        case .symbol("["): return .list(try items(until: "]"))
        case .symbol("{"): return try dict()
        default: throw Failure("line \(token.line): unexpected \(token.description)")
        }
    }

    private func constant(_ name: String) -> Expression? {
        switch name {
        case "true", "True": .constant(.bool(true))
        case "false", "False": .constant(.bool(false))
        case "none", "None": .constant(.none)
        default: nil
        }
    }

    /// Strings in a row are one.
    private mutating func moreStrings(after first: String) -> String {
        var result = first
        while case .string(let string) = token.kind {
            result.unicodeScalars += string.unicodeScalars
            advance()
        }
        return result
    }

    private mutating func items(until end: String) throws -> [Expression] {
        var items: [Expression] = []
        while !isSymbol(end) {
            if !items.isEmpty { try expect(",") }
            if isSymbol(end) { break }
            items.append(try expression())
        }
        try expect(end)
        return items
    }

    private mutating func dict() throws -> Expression {
        var pairs: [(Expression, Expression)] = []
        while !isSymbol("}") {
            if !pairs.isEmpty { try expect(",") }
            if isSymbol("}") { break }
            let key = try expression()
            try expect(":")
            pairs.append((key, try expression()))
        }
        try expect("}")
        return .dict(pairs)
    }

    private mutating func postfix(_ value: Expression) throws -> Expression {
        var (value, count) = (value, 0)
        while true {
            count += 1
            // Each is evaluated within the next.
            guard count <= TemplateLimits.nesting else { throw failure("it is nested too deep") }
            if take(".") {
                if case .integer(let index) = token.kind {
                    advance()
                    value = .item(value, .constant(.int(index)))
                } else {
                    value = .attribute(value, try name())
                }
            } else if take("[") {
                value = try subscripted(value)
            } else if isSymbol("(") {
                value = .call(value, try arguments())
            } else {
                return value
            }
        }
    }

    private mutating func subscripted(_ value: Expression) throws -> Expression {
        func isEnd(_ parser: Parser) -> Bool { parser.isSymbol(":") || parser.isSymbol("]") }
        let from = isEnd(self) ? nil : try tuple()
        if take("]"), let from { return .item(value, from) }
        try expect(":")
        let to = isEnd(self) ? nil : try expression()
        var step: Expression?
        if take(":"), !isEnd(self) { step = try expression() }
        try expect("]")
        return .slice(value, from: from, to: to, step: step)
    }

    private mutating func arguments() throws -> Arguments {
        var arguments = Arguments()
        try expect("(")
        while !isSymbol(")") {
            if !arguments.isEmpty { try expect(",") }
            if isSymbol(")") { break }
            if take("*") {
                guard arguments.more == nil, arguments.moreNamed == nil else { throw failure("a second list of arguments") }
                arguments.more = try expression()
            } else if take("**") {
                guard arguments.moreNamed == nil else { throw failure("a second object of arguments") }
                arguments.moreNamed = try expression()
            } else if case .name(let name) = token.kind, isNextAssignment {
                advance()
                advance()
                arguments.named.append((name, try expression()))
            } else {
                guard arguments.named.isEmpty, arguments.more == nil else {
                    throw failure("an argument without a name after one with a name")
                }
                arguments.positional.append(try expression())
            }
        }
        try expect(")")
        return arguments
    }

    /// Filters, tests and calls of what they give.
    mutating func filters(of value: Expression?, isNamed: Bool = false) throws -> Expression {
        var (value, count, isFirst) = (value, 0, isNamed)
        while true {
            count += 1
            guard count <= TemplateLimits.nesting else { throw failure("it is nested too deep") }
            if isFirst || take("|") {
                isFirst = false
                let name = try dotted()
                value = .filter(value, name, isSymbol("(") ? try arguments() : Arguments())
            } else if let tested = value, take(name: "is") {
                value = try test(of: tested)
            } else if let called = value, isSymbol("(") {
                value = .call(called, try arguments())
            } else {
                guard let value else { throw failure("expected a filter, found \(token.description)") }
                return value
            }
        }
    }

    private mutating func dotted() throws -> String {
        var name = try name()
        while take(".") { name += "." + (try self.name()) }
        return name
    }

    private mutating func test(of value: Expression) throws -> Expression {
        let isNegated = take(name: "not")
        let name = try dotted()
        var arguments = Arguments()
        if isSymbol("(") { arguments = try self.arguments() } else if beginsArgument {
            guard !isName("is") else { throw failure("tests in a row are not supported") }
            arguments.positional = [try nested { parser in try parser.postfix(try parser.primary()) }]
        }
        let test = Expression.test(value, name, arguments)
        return isNegated ? .not(test) : test
    }

    private var beginsArgument: Bool {
        switch token.kind {
        case .name(let name): !["else", "or", "and", "if", "in", "not"].contains(name)
        case .string, .integer, .float, .symbol("["), .symbol("{"): true
        default: false
        }
    }
}
