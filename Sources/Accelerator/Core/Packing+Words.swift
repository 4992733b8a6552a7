import Basis

/// Words of trits bit by bit, naively. The trit of lane l for row c of a strip is number c · lanes + l of its word.
///
/// - `pairs`: four trits a byte as codes 0, 1, 2, low bits first.
/// - `fives`: five trits a byte, the first of them the lowest digit of a number in base 3.
/// - `triples`: three trits in five bits, the first the lowest digit, low bits first; one trit that is left takes two bits, two take four.
/// - `bytes`: a byte a trit, in two's complement.
extension Packing {
    /// Bytes of a word of trits -1, 0, +1; what is left of its last byte is zero.
    public func packed(_ trits: [Int8]) throws -> [UInt8] {
        switch self {
        case .ideal: throw Failure("no unit can unpack the packing '\(rawValue)', which is a bound")
        case .pairs: bytes(of: trits, digits: 4) { place, code in code << (2 * place) }
        case .fives: bytes(of: trits, digits: 5) { place, code in code * [1, 3, 9, 27, 81][place] }
        case .triples: Packing.bits(of: trits)
        case .bytes: trits.map { UInt8(bitPattern: $0) }
        }
    }

    /// The first `count` trits of a word; bytes that are not there are zero.
    public func unpacked(_ word: ArraySlice<UInt8>, count: Int) -> [Int8] {
        let byte = { (index: Int) in index < word.count ? Int(word[word.startIndex + index]) : 0 }
        switch self {
        case .ideal, .pairs: return (0..<count).map { Int8(byte($0 / 4) >> (2 * ($0 % 4)) & 3) - 1 }
        case .fives: return (0..<count).map { Int8(byte($0 / 5) / [1, 3, 9, 27, 81][$0 % 5] % 3) - 1 }
        case .triples:
            return (0..<count).map { index in
                let start = index / 3 * 5, size = Packing.tripleBits(min(3, count - index / 3 * 3))
                let code = (byte(start / 8) | byte(start / 8 + 1) << 8) >> (start % 8) & (1 << size - 1)
                return Int8(code / [1, 3, 9][index % 3] % 3) - 1
            }
        case .bytes: return (0..<count).map { Int8(truncatingIfNeeded: byte($0)) }
        }
    }

    private func bytes(of trits: [Int8], digits: Int, _ worth: (_ place: Int, _ code: Int) -> Int) -> [UInt8] {
        stride(from: 0, to: trits.count, by: digits).map { start in
            let some = trits[start..<min(trits.count, start + digits)]
            return UInt8(truncatingIfNeeded: some.enumerated().reduce(0) { $0 + worth($1.offset, Int($1.element) + 1) })
        }
    }

    /// Bits of one, two or three trits.
    private static func tripleBits(_ trits: Int) -> Int { [0, 2, 4, 5][trits] }

    private static func bits(of trits: [Int8]) -> [UInt8] {
        let count = trits.count / 3 * 5 + tripleBits(trits.count % 3)
        var bytes = [UInt8](repeating: 0, count: count.ceilingDivided(by: 8))
        for start in stride(from: 0, to: trits.count, by: 3) {
            let some = trits[start..<min(trits.count, start + 3)]
            let code = some.enumerated().reduce(0) { $0 + [1, 3, 9][$1.offset] * (Int($1.element) + 1) }
            for bit in 0..<5 where code >> bit & 1 == 1 { bytes[(start / 3 * 5 + bit) / 8] |= 1 << ((start / 3 * 5 + bit) % 8) }
        }
        return bytes
    }
}
