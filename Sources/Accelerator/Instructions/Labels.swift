import Basis

/// Labels and the expressions that they stand for.
struct Labels {
    private var expressions: [String: (text: String, line: Int)] = [:]
    private var values: [String: Int] = [:]
    /// Those whose value is being looked for.
    private var open: [String] = []

    mutating func set(_ name: String, to expression: String, line: Int) throws {
        guard let first = name.utf8.first, Labels.isPart(first), !(48...57).contains(first), name.utf8.allSatisfy(Labels.isPart) else {
            throw Failure("'\(name)' cannot be a label")
        }
        if let other = expressions[name] { throw Failure("the label '\(name)' is set on line \(other.line) already") }
        expressions[name] = (expression, line)
    }

    /// Letters, digits and a few signs.
    static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "_.#$@".utf8.contains(byte)
        }
    }

    /// The value of a label.
    mutating func value(_ name: String) throws -> Int {
        if let known = values[name] { return known }
        guard let expression = expressions[name] else { throw Failure("there is no label '\(name)'") }
        if let start = open.firstIndex(of: name) {
            throw Failure("the labels \((open[start...] + [name]).map { "'\($0)'" }.joined(separator: " -> ")) go round in a circle")
        }
        guard open.count < Labels.depthLimit else { throw Failure("labels rest on each other more than \(Labels.depthLimit) deep") }
        open.append(name)
        defer { open.removeLast() }
        let value = try value(of: expression.text)
        values[name] = value
        return value
    }

    private static let depthLimit = 64

    /// The value of an expression: sums of products of numbers and labels.
    mutating func value(of expression: String) throws -> Int {
        var parts = ExpressionParts(expression), sum = 0, sign = 1
        if parts.take("-") { sign = -1 }
        while true {
            var product = try factor(&parts)
            while parts.take("*") { product = try Labels.exact(product.multipliedReportingOverflow(by: try factor(&parts)), expression) }
            sum = try Labels.exact(sum.addingReportingOverflow(sign * product), expression)
            if parts.take("+") { sign = 1 } else if parts.take("-") { sign = -1 } else { break }
        }
        guard parts.isAtEnd else { throw Failure("'\(expression)' is no expression") }
        return sum
    }

    private mutating func factor(_ parts: inout ExpressionParts) throws -> Int {
        let word = parts.word()
        guard let first = word.utf8.first else { throw Failure("'\(parts.text)' is no expression") }
        guard (48...57).contains(first) else { return try value(word) }
        let number = word.hasPrefix("0x") ? Int(word.dropFirst(2), radix: 16) : Int(word)
        guard let number, number >= 0 else { throw Failure("'\(word)' is no number") }
        return try Labels.exact((number, false), parts.text)
    }

    /// Keeps far from the ends of Int, so that a sign can be turned.
    private static func exact(_ result: (partialValue: Int, overflow: Bool), _ expression: String) throws -> Int {
        guard !result.overflow, result.partialValue.magnitude < 1 << 62 else { throw Failure("'\(expression)' is too large") }
        return result.partialValue
    }
}

/// An expression as it is read.
private struct ExpressionParts {
    let text: String
    private var rest: Substring.UTF8View

    init(_ text: String) { (self.text, rest) = (text, text[...].utf8) }

    private mutating func skipBlanks() { rest = rest.drop { $0 == 32 || $0 == 9 } }

    mutating func take(_ sign: String) -> Bool {
        skipBlanks()
        guard rest.first == sign.utf8.first else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// A number or a label; empty where none stands.
    mutating func word() -> String {
        skipBlanks()
        let word = rest.prefix(while: Labels.isPart)
        rest = rest.dropFirst(word.count)
        return String(Substring(word))
    }

    var isAtEnd: Bool {
        mutating get {
            skipBlanks()
            return rest.isEmpty
        }
    }
}
