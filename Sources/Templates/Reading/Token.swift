/// A word of a template.
struct Token: Sendable {
    enum Kind: Hashable, Sendable {
        case text(Text)
        case name(String), string(String), integer(Int), float(Double)
        case symbol(String)
        case blockStart, blockEnd, variableStart, variableEnd, end
    }

    let kind: Kind
    let line: Int

    /// How an error names it.
    var description: String {
        switch kind {
        case .text: "text"
        case .name(let name): "'\(name)'"
        case .string(let string): "the string '\(string.prefix(40))'"
        case .integer(let value): "'\(value)'"
        case .float(let value): "'\(value)'"
        case .symbol(let symbol): "'\(symbol)'"
        case .blockStart: "'{%'"
        case .blockEnd: "'%}'"
        case .variableStart: "'{{'"
        case .variableEnd: "'}}'"
        case .end: "the end of the template"
        }
    }
}
