import Basis
import CUtf8proc

/// SentencePiece's rules of normalisation as its models carry them (`precompiled_charsmap`): a double-array trie of strings (Aoe 1989;
/// the layout is that of darts-clone), and what they become, texts that end with a zero byte.
///
/// Hugging Face's tokenizers look a grapheme of less than six bytes up, else each of its characters, and take the shortest string of the
/// trie that what they look up begins with; so does this.
struct Charsmap: Sendable {
    private let units: [UInt32]
    private let texts: [UInt8]
    /// Bytes of the longest text.
    let longestText: Int

    /// `bytes`: how many the trie takes, then the trie, in 32-bit numbers, low byte first; then the texts.
    init(_ bytes: [UInt8]) throws {
        func number(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) } }
        guard bytes.count >= 4 else { throw Failure("'precompiled_charsmap' is cut short") }
        let size = Int(number(0))
        guard size > 0, size % 4 == 0, size <= bytes.count - 4 else { throw Failure("'precompiled_charsmap' has no trie") }
        units = (0..<size / 4).map { number(4 + $0 * 4) }
        texts = Array(bytes[(4 + size)...])
        longestText = texts.split(separator: 0).map(\.count).max() ?? 0
        guard texts.last ?? 0 == 0 else { throw Failure("'precompiled_charsmap' has a text without an end") }
    }

    init(base64 text: String) throws {
        guard let bytes = Base64.bytes(text) else { throw Failure("'precompiled_charsmap' is no base64") }
        try self.init(bytes)
    }

    private static let longestGrapheme = 6

    func apply(to text: [UInt8]) -> [UInt8] {
        text.withUnsafeBufferPointer { bytes in
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count + bytes.count / 4)
            var at = 0
            while at < bytes.count {
                let end = Graphemes.end(bytes, from: at)
                if end - at >= Charsmap.longestGrapheme || !change(bytes, at..<end, &result) { changeEach(bytes, at..<end, &result) }
                at = end
            }
            return result
        }
    }

    private func changeEach(_ bytes: Bytes, _ range: Range<Int>, _ result: inout [UInt8]) {
        var at = range.lowerBound
        while at < range.upperBound {
            let scalar = bytes.scalar(at: at, end: range.upperBound), character = at..<at + scalar.length
            if scalar.value == ScalarAt.invalid || !change(bytes, character, &result) { result += bytes[character] }
            at += scalar.length
        }
    }

    /// Appends what the string becomes; false if it is no string of the trie and begins with none.
    private func change(_ bytes: Bytes, _ range: Range<Int>, _ result: inout [UInt8]) -> Bool {
        guard let start = find(bytes, range), start < texts.count else { return false }
        var end = start
        while texts[end] != 0 { end += 1 }
        result += texts[start..<end]
        return true
    }

    /// Where the text of the shortest string that `bytes` begins with stands.
    private func find(_ bytes: Bytes, _ range: Range<Int>) -> Int? {
        var node = Charsmap.offset(units[0])
        for byte in bytes[range] {
            guard byte != 0 else { return nil }
            node ^= Int(byte)
            guard node < units.count, units[node] & 0x8000_00FF == UInt32(byte) else { return nil }
            let unit = units[node]
            node ^= Charsmap.offset(unit)
            guard unit >> 8 & 1 == 1 else { continue }
            return node < units.count ? Int(units[node] & 0x7FFF_FFFF) : nil
        }
        return nil
    }

    private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 0x200) >> 6) }
}

/// What a reader takes for one character (UAX 29, extended grapheme clusters), by utf8proc.
enum Graphemes {
    /// A byte that is not UTF-8 stands alone.
    static func end(_ text: Bytes, from start: Int) -> Int {
        var scalar = text.scalar(at: start, end: text.count), at = start + scalar.length
        var state: Int32 = 0
        guard scalar.value != ScalarAt.invalid else { return at }
        while at < text.count {
            let next = text.scalar(at: at, end: text.count)
            guard next.value != ScalarAt.invalid else { return at }
            if utf8proc_grapheme_break_stateful(Int32(bitPattern: scalar.value), Int32(bitPattern: next.value), &state) { return at }
            (scalar, at) = (next, at + next.length)
        }
        return at
    }
}

enum Base64 {
    /// RFC 4648, section 4; nil for anything else.
    static func bytes(_ text: String) -> [UInt8]? {
        let symbols = Array(text.utf8)
        let padding = symbols.suffix(2).reversed().prefix { $0 == UInt8(ascii: "=") }.count
        guard symbols.count % 4 == 0 else { return nil }
        var (bits, count): (UInt32, Int) = (0, 0)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(symbols.count / 4 * 3)
        for symbol in symbols.dropLast(padding) {
            guard let value = value(symbol) else { return nil }
            bits = bits << 6 | value
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    private static func value(_ symbol: UInt8) -> UInt32? {
        switch symbol {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(symbol) - 0x41
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(symbol) - 0x61 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(symbol) - 0x30 + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
