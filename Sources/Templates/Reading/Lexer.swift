import Basis

/// Cuts a template into words, as Jinja 3.1's lexer does with `trim_blocks` and `lstrip_blocks`: a line feed right after a block or a
/// comment is dropped, and so are blanks in front of one that begins its line; `-` drops all white space on its side, `+` keeps it.
struct Lexer {
    let source: [Unicode.Scalar]
    var at = 0
    var line = 1
    private var tokens: [Token] = []
    /// Whether what comes next begins a line.
    private var startsLine = true

    static func tokens(_ source: String) throws -> [Token] {
        var lexer = Lexer(source)
        try lexer.run()
        return lexer.tokens
    }

    /// Line ends become line feeds, and the last one is dropped.
    private init(_ source: String) {
        var scalars: [Unicode.Scalar] = []
        var wasReturn = false
        for scalar in source.unicodeScalars {
            defer { wasReturn = scalar == "\r" }
            if scalar == "\n", wasReturn { continue }
            scalars.append(scalar == "\r" ? "\n" : scalar)
        }
        if scalars.last == "\n" { scalars.removeLast() }
        self.source = scalars
    }

    func failure(_ what: String) -> Failure { Failure("line \(line): \(what)") }

    func isAt(_ text: String, _ place: Int) -> Bool {
        var place = place
        for scalar in text.unicodeScalars {
            guard place < source.count, source[place] == scalar else { return false }
            place += 1
        }
        return true
    }

    mutating func add(_ kind: Token.Kind) { tokens.append(Token(kind: kind, line: line)) }

    mutating func advance(to end: Int) {
        for index in at..<end where source[index] == "\n" { line += 1 }
        at = end
    }

    private mutating func run() throws {
        while at < source.count {
            let start = nextTag()
            try addText(upTo: start)
            guard start < source.count else { break }
            switch source[start + 1] {
            case "#": try skipComment()
            case "{": try variable()
            default: try block()
            }
        }
        add(.end)
    }

    private func nextTag() -> Int {
        var place = at
        while place + 1 < source.count {
            if source[place] == "{", ["{", "%", "#"].contains(source[place + 1]) { return place }
            place += 1
        }
        return source.count
    }
}

// What is between tags.
extension Lexer {
    mutating func addText(upTo tag: Int) throws {
        var end = tag
        let sign = tag + 2 < source.count ? source[tag + 2] : nil
        if tag < source.count {
            if sign == "-" {
                while end > at, Text.isSpace(source[end - 1].value) { end -= 1 }
            } else if sign != "+", source[tag + 1] != "{" {
                end = withoutIndent(tag)
            }
        }
        if end > at { add(.text(Text(units: source[at..<end].map(\.value)))) }
        // A tag after other text, or after a tag, begins no line.
        startsLine = tag == at ? startsLine : source[tag - 1] == "\n"
        advance(to: tag)
    }

    /// Where the line of a tag begins, if nothing but blanks is in front of it, else the tag.
    private func withoutIndent(_ tag: Int) -> Int {
        var start = tag
        while start > at, source[start - 1] != "\n" { start -= 1 }
        guard start > at || startsLine else { return tag }
        return source[start..<tag].allSatisfy { Text.isSpace($0.value) } ? start : tag
    }

    /// Behind a tag that ends at `end`: what its sign or `trim_blocks` drops.
    mutating func leave(_ end: Int, drops: Bool, trims: Bool) {
        var end = end
        if drops {
            while end < source.count, Text.isSpace(source[end].value) { end += 1 }
        } else if trims, end < source.count, source[end] == "\n" {
            end += 1
        }
        startsLine = end > 0 && source[end - 1] == "\n"
        advance(to: end)
    }

    private mutating func skipComment() throws {
        var place = at + 2
        while place < source.count, !isAt("#}", place) { place += 1 }
        guard place < source.count else { throw failure("a comment has no end") }
        let sign = place > at + 2 ? source[place - 1] : nil
        leave(place + 2, drops: sign == "-", trims: sign != "+")
    }
}
