import Tensors

/// Trit codes of containers: two bits, four a byte, low bits first.
typealias Codes = UnsafeMutablePointer<UInt8>

/// Takes two bits at `shift` of each of `count` bytes, a multiple of four, and lays them one after the other.
@inline(__always) func gather(_ source: UnsafeRawPointer, shift: UInt32, count: Int, into codes: Codes) {
    for index in 0..<count / 4 {
        let four = source.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self).littleEndian >> shift & 0x0303_0303
        codes[index] = UInt8(truncatingIfNeeded: four | four >> 6 | four >> 12 | four >> 18)
    }
}

/// Takes the trits that `digit` finds in each of `count` bytes, a multiple of four, and lays them one after the other.
@inline(__always) func gather(_ source: UnsafeRawPointer, digit: UnsafePointer<UInt8>, count: Int, into codes: Codes) {
    for index in 0..<count / 4 {
        var byte: UInt8 = 0
        for part in 0..<4 { byte |= digit[Int(source.load(fromByteOffset: 4 * index + part, as: UInt8.self))] << UInt8(2 * part) }
        codes[index] = byte
    }
}

/// Five trits in a byte b: 243 values stand for b = ⌈256 v / 243⌉, and the most significant digit of base 3 is ⌊3 b / 256⌋.
enum BaseThree {
    /// The code of digit 0...4 of each byte, the most significant digit first: `digits[256 * digit + byte]`.
    static let digits: [UInt8] = {
        let powers = [1, 3, 9, 27, 81]
        return powers.flatMap { power in (0..<256).map { UInt8((($0 * power & 0xFF) * 3) >> 8) } }
    }()

    /// All five codes of each byte, the least significant digit first.
    static let fives: [UInt64] = (0..<256).map { byte in
        (0..<5).reduce(0) { $0 | UInt64(digits[256 * (4 - $1) + byte]) << UInt64(2 * $1) }
    }
}

extension UInt16 {
    /// The number of these bits as IEEE 754 binary16, exactly.
    var half: Float {
        let (exponent, fraction) = (Int(self >> 10 & 31), UInt32(self & 0x3FF))
        let sign: Float = self >> 15 == 0 ? 1 : -1
        switch exponent {
        case 0: return sign * Float(fraction) * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * Float(bitPattern: UInt32(exponent + 112) << 23 | fraction << 13)
        }
    }
}

extension UnsafeRawPointer {
    func half(at offset: Int) -> Float { UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)).half }

    func float(at offset: Int) -> Float {
        Float(bitPattern: UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
}
