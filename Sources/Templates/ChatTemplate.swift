import Basis

/// A chat template: a Jinja template that makes the prompt of a conversation, as transformers renders it.
///
/// Nothing of what it names is code: functions, filters and methods are those listed here, members are those of the values given to
/// it, and what it may take is bounded. Characters keep their origin, so that special tokens in a message can be told from the
/// template's own.
public struct ChatTemplate: Sendable {
    private let statements: [Statement]

    /// Throws a `Failure` that names the line.
    public init(_ source: String) throws { statements = try Parser.parse(source) }

    /// `values` are what the template may name: `messages`, `tools`, `add_generation_prompt` and others; strings in them count as input.
    /// `trusted` are texts of the model's own, as `bos_token`. `time`, in seconds since 1970, is what `strftime_now` tells; nil for now.
    public func render(
        _ values: JSONObject, trusted: [(String, String)] = [], time: Int? = nil, limits: TemplateLimits = TemplateLimits()
    ) throws -> RenderedText {
        let members = values.members.map { ($0.key, Value($0.value)) }
        let interpreter = Interpreter(limits.with(input: members.reduce(0) { $0 + $1.1.weight }), time: time)
        let scope = Scope(in: nil)
        for (name, value) in members { scope.set(name, try interpreter.checked(value)) }
        for (name, text) in trusted { scope.set(name, .text(text)) }
        try interpreter.run(statements, scope)
        return RenderedText(interpreter.output)
    }
}

/// What a template has made.
public struct RenderedText: Hashable, Sendable {
    /// UTF-8.
    public private(set) var bytes: [UInt8] = []
    /// Which bytes came from the input, in order.
    public private(set) var input: [Range<Int>] = []

    init(_ text: Text) {
        for unit in text.units {
            guard let scalar = Unicode.Scalar(unit & ~Text.input) else { continue }
            let start = bytes.count
            bytes += UTF8.encode(scalar) ?? .init()
            if unit & Text.input != 0 { add(start..<bytes.count) }
        }
    }

    private mutating func add(_ range: Range<Int>) {
        if let last = input.last, last.upperBound == range.lowerBound {
            input[input.count - 1] = last.lowerBound..<range.upperBound
        } else {
            input.append(range)
        }
    }
}
