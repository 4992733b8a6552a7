import Basis

/// Floats as a GGUF file stores them, by the arithmetic of llama.cpp's converters: rounded to nearest, and Q8_0 by the largest of each
/// 32, whose 127th part is the scale.
extension StoredType {
    /// Whether floats can be written so.
    var takesFloats: Bool { self == .f32 || self == .f16 || self == .bf16 || self == .q8x0 }

    /// Writes a row; `columns` divides by the block. False if a number is too large for the type.
    func encode(_ floats: UnsafePointer<Float>, columns: Int, into bytes: UnsafeMutableRawPointer) -> Bool {
        switch self {
        case .f16: return StoredType.encodeHalves(floats, columns, into: bytes)
        case .bf16: return StoredType.encodeBrainFloats(floats, columns, into: bytes)
        case .q8x0:
            let blocks = (0..<columns / 32).map { StoredType.encodeQ8(floats + 32 * $0, into: bytes + 34 * $0) }
            return blocks.allSatisfy { $0 }
        default:
            for index in 0..<columns {
                bytes.storeBytes(of: floats[index].bitPattern.littleEndian, toByteOffset: 4 * index, as: UInt32.self)
            }
            return true
        }
    }

    private static func encodeHalves(_ floats: UnsafePointer<Float>, _ count: Int, into bytes: UnsafeMutableRawPointer) -> Bool {
        var fits = true
        for index in 0..<count {
            let half = Float16(floats[index])
            fits = fits && half.isFinite
            bytes.storeBytes(of: half.bitPattern.littleEndian, toByteOffset: 2 * index, as: UInt16.self)
        }
        return fits
    }

    private static func encodeBrainFloats(_ floats: UnsafePointer<Float>, _ count: Int, into bytes: UnsafeMutableRawPointer) -> Bool {
        var fits = true
        for index in 0..<count {
            let rounded = floats[index].brainFloatBits
            fits = fits && rounded & 0x7F80 != 0x7F80
            bytes.storeBytes(of: rounded.littleEndian, toByteOffset: 2 * index, as: UInt16.self)
        }
        return fits
    }

    private static func encodeQ8(_ floats: UnsafePointer<Float>, into block: UnsafeMutableRawPointer) -> Bool {
        let largest = (0..<32).reduce(Float(0)) { abs(floats[$1]) <= $0 ? $0 : abs(floats[$1]) }
        let scale = largest / 127, inverse = scale > 0 ? 1 / scale : 0, stored = Float16(scale)
        guard stored.isFinite, inverse.isFinite || scale == 0 else { return encodeZeros(block, unless: !stored.isFinite) }
        block.storeBytes(of: stored.bitPattern.littleEndian, as: UInt16.self)
        for index in 0..<32 {
            let level = (floats[index] * inverse).rounded(.toNearestOrAwayFromZero)
            block.storeBytes(of: Int8(clamping: Int(level)), toByteOffset: 2 + index, as: Int8.self)
        }
        return true
    }

    /// Numbers that are nothing in half precision; the answer is whether they are that rather than too large.
    private static func encodeZeros(_ block: UnsafeMutableRawPointer, unless isTooLarge: Bool) -> Bool {
        block.initializeMemory(as: UInt8.self, repeating: 0, count: 34)
        return !isTooLarge
    }
}
