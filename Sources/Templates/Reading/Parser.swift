import Basis

/// Reads a template: Jinja 3.1's language without what needs other templates (`include`, `import`, `extends`, `block`).
struct Parser {
    private let tokens: [Token]
    private var at = 0
    private var depth = 0
    /// Loops around the current place, which `break` may leave.
    var loops = 0

    static func parse(_ source: String) throws -> [Statement] {
        guard source.utf8.count <= TemplateLimits.templateSize else { throw Failure("it is too long") }
        var parser = Parser(tokens: try Lexer.tokens(source))
        let statements = try parser.statements(until: [])
        guard case .end = parser.token.kind else { throw parser.failure("unexpected \(parser.token.description)") }
        return statements
    }

    private init(tokens: [Token]) { self.tokens = tokens }

    var token: Token { tokens[min(at, tokens.count - 1)] }
    private var nextToken: Token { tokens[min(at + 1, tokens.count - 1)] }

    func failure(_ what: String) -> Failure { Failure("line \(token.line): \(what)") }

    mutating func advance() { at += 1 }

    func isSymbol(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }
    func isName(_ name: String) -> Bool { token.kind == .name(name) }
    func isNextName(_ name: String) -> Bool { nextToken.kind == .name(name) }
    var isNextAssignment: Bool { nextToken.kind == .symbol("=") }

    mutating func take(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        at += 1
        return true
    }

    mutating func take(name: String) -> Bool {
        guard isName(name) else { return false }
        at += 1
        return true
    }

    mutating func expect(_ symbol: String) throws {
        guard take(symbol) else { throw failure("expected '\(symbol)', found \(token.description)") }
    }

    mutating func name() throws -> String {
        guard case .name(let name) = token.kind else { throw failure("expected a name, found \(token.description)") }
        at += 1
        return name
    }

    mutating func nested<Result>(_ body: (inout Parser) throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= TemplateLimits.nesting else { throw failure("it is nested too deep") }
        return try body(&self)
    }
}

// Statements.
extension Parser {
    /// Up to a block that begins with one of these names, which is not taken.
    private mutating func statements(until ends: [String]) throws -> [Statement] {
        try nested { parser in
            var statements: [Statement] = []
            while try parser.next(&statements, ends) {}
            return statements
        }
    }

    private mutating func next(_ statements: inout [Statement], _ ends: [String]) throws -> Bool {
        let line = token.line
        switch token.kind {
        case .text(let text):
            at += 1
            statements.append(Statement(kind: .text(text), line: line))
        case .variableStart:
            at += 1
            let value = try tuple()
            guard token.kind == .variableEnd else { throw failure("expected '}}', found \(token.description)") }
            at += 1
            statements.append(Statement(kind: .output(value), line: line))
        case .blockStart:
            if case .name(let name) = nextToken.kind, ends.contains(name) { return false }
            at += 1
            statements.append(Statement(kind: try block(), line: line))
        default: return false
        }
        return true
    }

    private mutating func endBlock() throws {
        guard token.kind == .blockEnd else { throw failure("expected '%}', found \(token.description)") }
        at += 1
    }

    /// The statements of a block's body, and the name that ended them; both tags are taken.
    private mutating func body(until ends: String...) throws -> ([Statement], end: String) {
        try endBlock()
        let statements = try statements(until: ends)
        guard token.kind == .blockStart else {
            throw failure("expected '\(ends.first { $0.hasPrefix("end") } ?? "")', found \(token.description)")
        }
        at += 1
        return (statements, try name())
    }

    private mutating func block() throws -> Statement.Kind {
        let name = try name()
        switch name {
        case "if": return try condition()
        case "for": return try loop()
        case "set": return try assignment()
        case "macro": return try macro()
        case "call": return try call()
        case "filter": return try filter()
        case "with": return try with()
        case "generation":
            let (body, _) = try body(until: "endgeneration")
            try endBlock()
            return .scope(body)
        case "break", "continue":
            guard loops > 0 else { throw failure("'\(name)' outside of a loop") }
            try endBlock()
            return name == "break" ? .break : .continue
        default: throw failure("'\(name)' is not supported")
        }
    }

    private mutating func condition() throws -> Statement.Kind {
        var branches: [(Expression, [Statement])] = []
        while true {
            let test = try tuple(withConditional: false)
            let (body, end) = try body(until: "elif", "else", "endif")
            branches.append((test, body))
            if end == "elif" { continue }
            var otherwise: [Statement] = []
            if end == "else" { (otherwise, _) = try self.body(until: "endif") }
            try endBlock()
            return .condition(branches, otherwise: otherwise)
        }
    }

    private mutating func loop() throws -> Statement.Kind {
        let target = try target()
        guard take(name: "in") else { throw failure("expected 'in', found \(token.description)") }
        let sequence = try tuple(withConditional: false, before: ["recursive"])
        let condition = take(name: "if") ? try expression() : nil
        let isRecursive = take(name: "recursive")
        loops += 1
        var (body, end) = try body(until: "endfor", "else")
        loops -= 1
        var otherwise: [Statement] = []
        if end == "else" { (otherwise, end) = try self.body(until: "endfor") }
        try endBlock()
        return .loop(ForLoop(
            target: target, sequence: sequence, condition: condition, body: body, otherwise: otherwise, isRecursive: isRecursive))
    }

    private mutating func target() throws -> Target {
        var targets: [Target] = [], isTuple = false
        repeat {
            if isSymbol("=") || isName("in") { break }
            targets.append(try oneTarget())
            if isSymbol(",") { isTuple = true }
        } while take(",")
        guard let first = targets.first else { throw failure("expected a name, found \(token.description)") }
        return isTuple ? .tuple(targets) : first
    }

    private mutating func oneTarget() throws -> Target {
        if take("(") {
            let inner = try nested { try $0.target() }
            try expect(")")
            return inner
        }
        let name = try name()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else { throw failure("cannot assign to '\(name)'") }
        return take(".") ? .member(name, try self.name()) : .name(name)
    }

    private mutating func assignment() throws -> Statement.Kind {
        let target = try target()
        if take("=") {
            let value = try tuple()
            try endBlock()
            return .set(target, value)
        }
        let filter = isSymbol("|") ? try filters(of: nil) : nil
        let (body, _) = try body(until: "endset")
        try endBlock()
        return .setBlock(target, body, filter: filter)
    }

    private mutating func parameters() throws -> [Parameter] {
        var parameters: [Parameter] = []
        try expect("(")
        while !isSymbol(")") {
            if !parameters.isEmpty { try expect(",") }
            if isSymbol(")") { break }
            let name = try name()
            parameters.append(Parameter(name: name, fallback: take("=") ? try expression() : nil))
        }
        try expect(")")
        return parameters
    }

    private mutating func macro() throws -> Statement.Kind {
        let name = try name(), parameters = try parameters()
        let body = try withoutLoops { try $0.body(until: "endmacro").0 }
        try endBlock()
        return .macro(name, parameters, body)
    }

    /// A macro's body is no part of the loops around it.
    private mutating func withoutLoops<Result>(_ body: (inout Parser) throws -> Result) rethrows -> Result {
        let outer = loops
        loops = 0
        defer { loops = outer }
        return try body(&self)
    }

    private mutating func call() throws -> Statement.Kind {
        let parameters = isSymbol("(") ? try parameters() : []
        let call = try expression()
        guard case .call = call else { throw failure("expected a call") }
        let body = try withoutLoops { try $0.body(until: "endcall").0 }
        try endBlock()
        return .call(parameters, call, body)
    }

    private mutating func filter() throws -> Statement.Kind {
        let filter = try filters(of: nil, isNamed: true)
        let (body, _) = try body(until: "endfilter")
        try endBlock()
        return .filter(filter, body)
    }

    private mutating func with() throws -> Statement.Kind {
        var assignments: [(Target, Expression)] = []
        while token.kind != .blockEnd {
            if !assignments.isEmpty { try expect(",") }
            let target = try oneTarget()
            try expect("=")
            assignments.append((target, try expression()))
        }
        let (body, _) = try body(until: "endwith")
        try endBlock()
        return .with(assignments, body)
    }
}
