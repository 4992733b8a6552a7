import Basis
import Tensors

/// Rows of trits as a GGUF file stores them: each type holds them exactly, with the scale in half precision or in float32.
extension StoredType {
    /// Whether trits can be written so.
    var takesTrits: Bool { self == .tq1x0 || self == .tq2x0 || takesFloats }

    /// Whether a trit of +1 can stand for just `scale` in this type; otherwise it has to stand for 1, and a tensor beside it for the scale.
    func holds(scale: Float) -> Bool {
        switch self {
        case .f32: true
        case .bf16: scale.bitPattern & 0xFFFF == 0
        default: Float(Float16(scale)) == scale
        }
    }

    /// Writes a row of trits, the codes 0, 1, 2 one a byte; `columns` divides by the block.
    func encode(trits: UnsafePointer<UInt8>, columns: Int, scale: Float, into bytes: UnsafeMutableRawPointer) {
        let half = Float16(scale).bitPattern
        for start in stride(from: 0, to: columns, by: block.numbers) {
            let target = bytes + start / block.numbers * block.bytes, trits = trits + start
            switch self {
            case .tq1x0: StoredType.encodeTQ1(trits, half, into: target)
            case .tq2x0: StoredType.encodeTQ2(trits, half, into: target)
            case .q8x0: StoredType.encodeQ8(trits, half, into: target)
            default:
                var value = (Float(trits[0]) - 1) * scale
                _ = encode(&value, columns: 1, into: target)
            }
        }
    }

    private static func encodeTQ2(_ trits: UnsafePointer<UInt8>, _ scale: UInt16, into block: UnsafeMutableRawPointer) {
        for byte in 0..<64 {
            let first = trits + byte / 32 * 128 + byte % 32
            block.storeBytes(of: first[0] | first[32] << 2 | first[64] << 4 | first[96] << 6, toByteOffset: byte, as: UInt8.self)
        }
        block.storeBytes(of: scale.littleEndian, toByteOffset: 64, as: UInt16.self)
    }

    private static func encodeTQ1(_ trits: UnsafePointer<UInt8>, _ scale: UInt16, into block: UnsafeMutableRawPointer) {
        func store(_ byte: Int, _ first: Int, digits: Int, apart: Int) {
            // Four digits are the most significant of five.
            let value = (0..<5).reduce(0) { 3 * $0 + ($1 < digits ? Int(trits[first + apart * $1]) : 0) }
            block.storeBytes(of: UInt8((256 * value + 242) / 243), toByteOffset: byte, as: UInt8.self)
        }
        for byte in 0..<32 { store(byte, byte, digits: 5, apart: 32) }
        for byte in 0..<16 { store(32 + byte, 160 + byte, digits: 5, apart: 16) }
        for byte in 0..<4 { store(48 + byte, 240 + byte, digits: 4, apart: 4) }
        block.storeBytes(of: scale.littleEndian, toByteOffset: 52, as: UInt16.self)
    }

    /// One level of 127 is a trit: no rounding, where converters would divide the scale by 127.
    private static func encodeQ8(_ trits: UnsafePointer<UInt8>, _ scale: UInt16, into block: UnsafeMutableRawPointer) {
        block.storeBytes(of: scale.littleEndian, as: UInt16.self)
        for index in 0..<32 { block.storeBytes(of: Int8(trits[index]) - 1, toByteOffset: 2 + index, as: Int8.self) }
    }
}
