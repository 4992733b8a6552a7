import Basis

// What is in tags.
extension Lexer {
    mutating func variable() throws {
        add(.variableStart)
        advance(to: at + 2 + (at + 2 < source.count && (source[at + 2] == "-" || source[at + 2] == "+") ? 1 : 0))
        let drops = try expression(until: "}}", "-}}")
        add(.variableEnd)
        leave(at, drops: drops, trims: false)
    }

    mutating func block() throws {
        if let (start, drops) = rawStart() {
            advance(to: start)
            leave(start, drops: drops, trims: false)
            return try raw()
        }
        add(.blockStart)
        advance(to: at + 2 + (at + 2 < source.count && (source[at + 2] == "-" || source[at + 2] == "+") ? 1 : 0))
        let drops = try expression(until: "%}", "-%}")
        add(.blockEnd)
        let keeps = source[at - 3] == "+"
        leave(at, drops: drops, trims: !keeps)
    }

    /// The words up to the end of a tag, and over it; whether it drops what follows.
    private mutating func expression(until end: String, _ droppingEnd: String) throws -> Bool {
        var open: [String] = []
        while true {
            while at < source.count, Text.isSpace(source[at].value) { advance(to: at + 1) }
            guard at < source.count else { throw failure("a tag has no end") }
            if open.isEmpty {
                let ends = [(droppingEnd, true), (end, false)] + (end == "%}" ? [("+%}", false)] : [])
                for (text, drops) in ends where isAt(text, at) {
                    advance(to: at + text.unicodeScalars.count)
                    return drops
                }
            }
            try word(&open)
        }
    }

    private mutating func word(_ open: inout [String]) throws {
        let scalar = source[at]
        switch scalar {
        case "'", "\"": try string()
        case "0"..."9": try number()
        case "_", "a"..."z", "A"..."Z": name()
        default: try symbol(&open)
        }
    }

    private mutating func name() {
        var end = at
        while end < source.count, isNamePart(source[end]) { end += 1 }
        add(.name(String(String.UnicodeScalarView(source[at..<end]))))
        advance(to: end)
    }

    private func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "_", "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }

    private static let symbols = [
        "==", "!=", ">=", "<=", "**", "//", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",",
        ";",
    ]

    private mutating func symbol(_ open: inout [String]) throws {
        guard let symbol = Lexer.symbols.first(where: { isAt($0, at) }) else {
            throw failure("unexpected character '\(source[at])'")
        }
        switch symbol {
        case "(": open.append(")")
        case "[": open.append("]")
        case "{": open.append("}")
        case ")", "]", "}": guard open.popLast() == symbol else { throw failure("unexpected '\(symbol)'") }
        default: break
        }
        guard open.count <= TemplateLimits.nesting else { throw failure("brackets are nested too deep") }
        add(.symbol(symbol))
        advance(to: at + symbol.unicodeScalars.count)
    }

    /// `{% raw %}` at the current place: where it ends, and whether it drops what follows.
    private func rawStart() -> (Int, Bool)? { named("raw", at) }

    private func named(_ name: String, _ start: Int) -> (Int, Bool)? {
        guard isAt("{%", start) else { return nil }
        var place = start + 2
        if place < source.count, source[place] == "-" || source[place] == "+" { place += 1 }
        while place < source.count, Text.isSpace(source[place].value) { place += 1 }
        guard isAt(name, place) else { return nil }
        place += name.unicodeScalars.count
        while place < source.count, Text.isSpace(source[place].value) { place += 1 }
        if isAt("-%}", place) { return (place + 3, true) }
        return isAt("%}", place) ? (place + 2, false) : nil
    }

    private mutating func raw() throws {
        var place = at
        while place < source.count {
            if let (end, drops) = named("endraw", place) {
                try addText(upTo: place)
                return leave(end, drops: drops, trims: true)
            }
            place += 1
        }
        throw failure("'raw' has no end")
    }
}
