/// Damages bytes in the ways that readers go wrong about: the same seed damages the same way.
public struct Mutator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed | 1 }

    /// xorshift64*.
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func below(_ bound: Int) -> Int { bound <= 0 ? 0 : Int(next() % UInt64(bound)) }

    /// One to four changes to one of the seeds.
    mutating func mutant(of seeds: [[UInt8]]) -> [UInt8] {
        var bytes = seeds[below(seeds.count)]
        for _ in 0...below(4) { change(&bytes, seeds) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8], _ seeds: [[UInt8]]) {
        switch below(8) {
        case 0, 1: if !bytes.isEmpty { bytes[below(bytes.count)] ^= 1 << UInt8(below(8)) }
        case 2: overwrite(&bytes, with: number())
        case 3: bytes.removeSubrange(range(bytes.count, longest: 64))
        case 4: bytes.insert(contentsOf: bytes[range(bytes.count, longest: 64)], at: below(bytes.count + 1))
        case 5: bytes.removeLast(bytes.count - below(bytes.count + 1))
        case 6: overwrite(&bytes, with: splice(seeds))
        default: replaceDigits(&bytes)
        }
    }

    private mutating func overwrite(_ bytes: inout [UInt8], with content: [UInt8]) {
        let at = below(bytes.count + 1)
        let end = min(bytes.count, at + content.count)
        bytes.replaceSubrange(at..<end, with: content)
    }

    private mutating func splice(_ seeds: [[UInt8]]) -> [UInt8] {
        let other = seeds[below(seeds.count)]
        return Array(other[range(other.count, longest: 200)])
    }

    private mutating func range(_ count: Int, longest: Int) -> Range<Int> {
        let start = below(count + 1)
        return start..<min(count, start + below(longest + 1))
    }

    /// Four or eight bytes at the edges of what sizes can be.
    private mutating func number() -> [UInt8] {
        let edges: [UInt64] = [0, 1, 0x7F, 0xFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 40, 1 << 62, .max >> 1, .max, .max - 1]
        let value = edges[below(edges.count)] &+ UInt64(below(3))
        return Array(withUnsafeBytes(of: value.littleEndian) { Array($0) }.prefix(below(2) == 0 ? 4 : 8))
    }

    /// Numbers in text grow, shrink, change sign, become fractions.
    private mutating func replaceDigits(_ bytes: inout [UInt8]) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        let places = bytes.indices.filter { digits.contains(bytes[$0]) && ($0 == 0 || !digits.contains(bytes[$0 - 1])) }
        guard !places.isEmpty else { return }
        let start = places[below(places.count)]
        let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
        let texts = ["0", "1", "-1", "2", "1.5", "1e9", "4294967296", "9223372036854775807", "9223372036854775808", "\"\"", "[]", "null"]
        bytes.replaceSubrange(start..<end, with: Array(texts[below(texts.count)].utf8))
    }
}
