import Basis

// Strings and numbers.
extension Lexer {
    mutating func string() throws {
        let quote = source[at]
        var (result, place) = (String.UnicodeScalarView(), at + 1)
        while place < source.count, source[place] != quote {
            if source[place] == "\\" { try escape(&place, &result) } else {
                result.append(source[place])
                place += 1
            }
        }
        guard place < source.count else { throw failure("a string has no end") }
        add(.string(String(result)))
        advance(to: place + 1)
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "a": "\u{7}", "b": "\u{8}", "f": "\u{C}", "v": "\u{B}",
    ]

    /// Python's escapes; a backslash in front of anything else stays.
    private func escape(_ place: inout Int, _ result: inout String.UnicodeScalarView) throws {
        guard place + 1 < source.count else { throw failure("a string has no end") }
        let scalar = source[place + 1]
        place += 2
        if let escaped = Lexer.escapes[scalar] { return result.append(escaped) }
        switch scalar {
        case "\n": return
        case "x": result.append(try coded(&place, 2...2, 16))
        case "u": result.append(try coded(&place, 4...4, 16))
        case "U": result.append(try coded(&place, 8...8, 16))
        case "N": throw failure("a character by its name is not supported")
        case "0"..."7":
            place -= 1
            result.append(try coded(&place, 1...3, 8))
        default: result += ["\\", scalar]
        }
    }

    private func coded(_ place: inout Int, _ count: ClosedRange<Int>, _ radix: UInt32) throws -> Unicode.Scalar {
        var (value, digits): (UInt32, Int) = (0, 0)
        while digits < count.upperBound, place < source.count, let digit = Character(source[place]).hexDigitValue, digit < radix {
            value = value &* radix &+ UInt32(digit)
            (digits, place) = (digits + 1, place + 1)
        }
        guard digits >= count.lowerBound, let scalar = Unicode.Scalar(value) else { throw failure("a character has no such number") }
        return scalar
    }

    mutating func number() throws {
        var (digits, place, isFloat) = ("", at, false)
        func isDigit(_ place: Int) -> Bool { place < source.count && ("0"..."9").contains(source[place]) }
        func takeDigits() {
            while isDigit(place) || place < source.count && source[place] == "_" && isDigit(place + 1) {
                if source[place] != "_" { digits.unicodeScalars.append(source[place]) }
                place += 1
            }
        }
        takeDigits()
        if place < source.count, source[place] == ".", isDigit(place + 1) {
            (digits, place, isFloat) = (digits + ".", place + 1, true)
            takeDigits()
        }
        if place < source.count, source[place] == "e" || source[place] == "E" {
            let sign = place + 1 < source.count && (source[place + 1] == "-" || source[place + 1] == "+") ? 1 : 0
            if isDigit(place + 1 + sign) {
                digits += "e" + (sign == 1 ? String(source[place + 1]) : "")
                (place, isFloat) = (place + 1 + sign, true)
                takeDigits()
            }
        }
        guard let kind = isFloat ? Double(digits).map({ Token.Kind.float($0) }) : Int(digits).map({ .integer($0) }) else {
            throw failure("'\(digits.prefix(40))' is no number that can be had")
        }
        add(kind)
        advance(to: place)
    }
}
