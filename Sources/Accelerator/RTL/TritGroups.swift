import Basis

/// How the trits of a word are grouped in its bits: `trits` of them as the digits of a number in base 3, or one alone, take `bits`.
///
/// Trit i of a tile, i = column · lanes + lane, is number i % trits of group i / trits; groups follow each other from the lowest bit, and
/// the first trit of a group is its lowest digit. Bits that no trit of the tile needs are 0.
struct TritGroups: Hashable {
    let trits: Int
    let bits: Int

    /// Refuses the bound that no hardware unpacks.
    init(_ packing: Packing) throws {
        switch packing {
        case .ideal: throw Failure("packing '\(packing.rawValue)' is a bound: no logic unpacks it")
        case .fives: (trits, bits) = (5, 8)
        case .triples: (trits, bits) = (3, 5)
        case .pairs: (trits, bits) = (1, 2)
        case .bytes: (trits, bits) = (1, 8)
        }
    }

    /// Groups of a tile of `count` trits.
    func groups(of count: Int) -> Int { count.ceilingDivided(by: trits) }

    /// The bits of a group whose codes are 0, 1, 2 for -1, 0, +1, the lowest digit first. A trit that has a byte to itself is an integer
    /// in two's complement.
    func number(_ codes: some BidirectionalCollection<UInt8>) -> UInt8 {
        if bits == 8, trits == 1 { return (codes.first ?? 1) &- 1 }
        return codes.reversed().reduce(0) { 3 &* $0 &+ $1 }
    }

    /// Writes a group's number where it belongs among the bytes of a word; its bits beyond the word's end are 0.
    func place(_ number: UInt8, group: Int, in word: inout [UInt8]) {
        let first = group * bits, shifted = UInt16(number) << (first % 8)
        word[first / 8] |= UInt8(truncatingIfNeeded: shifted)
        if shifted > 255, first / 8 + 1 < word.count { word[first / 8 + 1] |= UInt8(truncatingIfNeeded: shifted >> 8) }
    }
}
