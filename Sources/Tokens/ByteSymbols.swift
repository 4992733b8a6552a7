/// GPT-2's way to write any byte as a printable character (`bytes_to_unicode` of its encoder.py): bytes that print in Latin-1
/// stand for themselves, the other 68 are U+0100 and on, in order.
enum ByteSymbols {
    static let scalars: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (UInt8.min...UInt8.max).map { byte in
            if isPrintable(byte) { return Unicode.Scalar(byte) }
            defer { next += 1 }
            return Unicode.Scalar(next) ?? Unicode.Scalar(byte)
        }
    }()

    /// The byte of each scalar below U+0144, or -1.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
        return bytes
    }()

    private static func isPrintable(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || byte >= 0xAE
    }

    /// What a token of such characters stands for; nil if it has any other character.
    static func bytes(of token: Bytes) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(token.count)
        var at = 0
        while at < token.count {
            let scalar = token.scalar(at: at, end: token.count)
            guard scalar.value < 0x144, bytes[Int(scalar.value)] >= 0 else { return nil }
            result.append(UInt8(truncatingIfNeeded: bytes[Int(scalar.value)]))
            at += scalar.length
        }
        return result
    }

    /// A piece as such characters, and what such a piece stands for.
    static func symbols(_ text: Bytes, _ range: Range<Int>) -> [UInt8] { text[range].flatMap { String(scalars[Int($0)]).utf8 } }
    static func bytes(_ text: Bytes, _ range: Range<Int>) -> [UInt8] { bytes(of: Bytes(rebasing: text[range])) ?? [] }
}
