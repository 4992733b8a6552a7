/// Cuts a text into words as the pattern of a pre-tokenizer does, without a regular expression engine.
///
/// Every pattern here covers every character, so the words have no gaps between them. A byte that is not UTF-8 is a word of its own.
struct WordScanner {
    let text: Bytes
    let end: Int
    /// `CharacterClass.table`.
    let classes: Bytes

    /// A character's class, its bytes, and its first byte.
    struct Character {
        let kind: CharacterClass
        let length: Int
        let first: UInt8

        @inline(__always) var isLineEnd: Bool { first == 0x0A || first == 0x0D }
    }

    /// The character at `at`; past the end an invalid one of length 0.
    @inline(__always) func character(_ at: Int) -> Character {
        guard at < end else { return Character(kind: .invalid, length: 0, first: 0) }
        let byte = text[at]
        if byte < 0x80 { return Character(kind: kind(UInt32(byte)), length: 1, first: byte) }
        return longCharacter(at)
    }

    @inline(__always) private func kind(_ value: UInt32) -> CharacterClass {
        CharacterClass(rawValue: classes[Int(value)]) ?? .other
    }

    private func longCharacter(_ at: Int) -> Character {
        let scalar = text.scalar(at: at, end: end)
        let kind = scalar.value < CharacterClass.tableEnd ? kind(scalar.value) : CharacterClass.high(scalar.value)
        return Character(kind: kind, length: scalar.length, first: text[at])
    }

    /// Where the run of `kind` that `at` stands in ends.
    @inline(__always) func run(of kind: CharacterClass, from start: Int) -> Int {
        var at = start
        while true {
            let next = character(at)
            guard next.kind == kind, next.length > 0 else { return at }
            at += next.length
        }
    }

    /// A run of white space from `start`, as `\s+(?!\S)|\s+` ends it: its last character goes to the word that follows, if there is
    /// one and the run has another.
    func blank(from start: Int) -> Int {
        let stop = run(of: .space, from: start)
        guard stop < end else { return stop }
        let last = stop - text.scalar(before: stop, start: start).length
        return last > start ? last : stop
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d` at `at`, in either case if `folding` (then `ſ` is an s): where it ends.
    @inline(__always) func contraction(at: Int, folding: Bool) -> Int? {
        guard text[at] == UInt8(ascii: "'"), at + 1 < end else { return nil }
        let mask: UInt8 = folding ? 0x20 : 0
        let first = text[at + 1] | mask
        let second = at + 2 < end ? text[at + 2] | mask : 0
        switch first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return at + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return second == UInt8(ascii: "e") ? at + 3 : nil
        case UInt8(ascii: "l"): return second == UInt8(ascii: "l") ? at + 3 : nil
        default: return folding && text.hasPrefix([0xC5, 0xBF], at: at + 1, end: end) ? at + 3 : nil
        }
    }
}

/// The patterns, each as "where does the word that starts here end".
extension WordScanner {
    /// GPT-2: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    @inline(__always) func gpt2Word(from start: Int) -> Int {
        let first = character(start)
        if first.first == 0x20 {
            let next = character(start + 1)
            if next.kind == .space || next.kind == .invalid { return blank(from: start) }
            return run(of: next.kind, from: start + 1 + next.length)
        }
        switch first.kind {
        case .space: return blank(from: start)
        case .invalid: return start + 1
        case .other: return contraction(at: start, folding: false) ?? run(of: .other, from: start + first.length)
        case .letter, .number: return run(of: first.kind, from: start + first.length)
        }
    }

    /// GPT-4's cl100k_base, Llama 3, Qwen 2 (with 1 digit at a time):
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
    @inline(__always) func cl100kWord(from start: Int, digits: Int) -> Int {
        let first = character(start)
        switch first.kind {
        case .letter: return run(of: .letter, from: start + first.length)
        case .number: return numbers(from: start, atMost: digits)
        case .invalid: return start + 1
        case .other:
            if let end = contraction(at: start, folding: true) { return end }
            let next = character(start + first.length)
            if next.kind == .letter { return run(of: .letter, from: start + first.length + next.length) }
            return signs(from: start + first.length)
        case .space:
            if first.isLineEnd { return lines(from: start) }
            let next = character(start + first.length)
            if next.kind == .letter { return run(of: .letter, from: start + first.length + next.length) }
            return first.first == 0x20 && next.kind == .other ? signs(from: start + 1) : lines(from: start)
        }
    }

    private func numbers(from start: Int, atMost limit: Int) -> Int {
        var at = start
        for _ in 0..<limit {
            let next = character(at)
            guard next.kind == .number else { break }
            at += next.length
        }
        return at
    }

    /// The rest of ` ?[^\s\p{L}\p{N}]+[\r\n]*`.
    private func signs(from start: Int) -> Int {
        var at = run(of: .other, from: start)
        while at < end, text[at] == 0x0A || text[at] == 0x0D { at += 1 }
        return at
    }

    /// `\s*[\r\n]+|\s+(?!\S)|\s+`: a run of white space ends after its last line end, if it has one.
    private func lines(from start: Int) -> Int {
        let stop = run(of: .space, from: start)
        var at = stop
        while at > start {
            if text[at - 1] == 0x0A || text[at - 1] == 0x0D { return at }
            at -= 1
        }
        return blank(from: start)
    }
}
