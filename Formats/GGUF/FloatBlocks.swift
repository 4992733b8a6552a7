import Basis
import Tensors

/// Stored numbers as float32, by the arithmetic of the originals: each product is rounded once, in their order.
extension StoredType {
    /// Writes a row of `columns` numbers. `bytes` are those of the row.
    func decodeFloats(columns: Int, _ bytes: UnsafeRawPointer, into floats: UnsafeMutablePointer<Float>) {
        for index in 0..<columns / block.numbers {
            decodeBlock(bytes + index * block.bytes, into: floats + index * block.numbers)
        }
    }

    private func decodeBlock(_ block: UnsafeRawPointer, into floats: UnsafeMutablePointer<Float>) {
        switch self {
        case .f16: floats[0] = block.half(at: 0)
        case .bf16: floats[0] = Float(bitPattern: UInt32(UInt16(littleEndian: block.loadUnaligned(as: UInt16.self))) << 16)
        case .q8x0: decodeQ8(block, into: floats)
        case .q4x0: decodeQ4(block, into: floats)
        case .q4xK: decodeQ4K(block, into: floats)
        case .q6xK: decodeQ6K(block, into: floats)
        default: floats[0] = block.float(at: 0)
        }
    }

    private func decodeQ8(_ block: UnsafeRawPointer, into floats: UnsafeMutablePointer<Float>) {
        let scale = block.half(at: 0)
        for index in 0..<32 { floats[index] = Float(block.load(fromByteOffset: 2 + index, as: Int8.self)) * scale }
    }

    private func decodeQ4(_ block: UnsafeRawPointer, into floats: UnsafeMutablePointer<Float>) {
        let scale = block.half(at: 0)
        for index in 0..<16 {
            let byte = Int(block.load(fromByteOffset: 2 + index, as: UInt8.self))
            floats[index] = Float(byte & 15 - 8) * scale
            floats[index + 16] = Float(byte >> 4 - 8) * scale
        }
    }

    /// Eight groups of 32, each with a scale and a minimum of six bits.
    private func decodeQ4K(_ block: UnsafeRawPointer, into floats: UnsafeMutablePointer<Float>) {
        let (scale, minimum) = (block.half(at: 0), block.half(at: 2))
        for group in 0..<8 {
            let (step, low) = sixBits(block + 4, group)
            let (d, m) = (scale * Float(step), minimum * Float(low))
            for index in 0..<32 {
                let byte = block.load(fromByteOffset: 16 + group / 2 * 32 + index, as: UInt8.self)
                floats[32 * group + index] = d * Float(group % 2 == 0 ? byte & 15 : byte >> 4) - m
            }
        }
    }

    /// Twelve bytes hold eight scales and eight minima.
    private func sixBits(_ bytes: UnsafeRawPointer, _ group: Int) -> (scale: UInt8, minimum: UInt8) {
        func byte(_ index: Int) -> UInt8 { bytes.load(fromByteOffset: index, as: UInt8.self) }
        guard group >= 4 else { return (byte(group) & 63, byte(group + 4) & 63) }
        return (byte(group + 4) & 15 | (byte(group - 4) >> 6) << 4, byte(group + 4) >> 4 | (byte(group) >> 6) << 4)
    }

    /// Low four bits of 256 numbers, their high two bits, sixteen scales of eight bits, and the scale of these at the end.
    private func decodeQ6K(_ block: UnsafeRawPointer, into floats: UnsafeMutablePointer<Float>) {
        let scale = block.half(at: 208)
        for index in 0..<256 {
            let (half, part, place) = (index / 128, index % 128 / 32, index % 32)
            let low = block.load(fromByteOffset: 64 * half + 32 * (part % 2) + place, as: UInt8.self)
            let high = block.load(fromByteOffset: 128 + 32 * half + place, as: UInt8.self)
            let number = Int(part < 2 ? low & 15 : low >> 4) | Int(high >> UInt8(2 * part) & 3) << 4
            let step = block.load(fromByteOffset: 192 + index / 16, as: Int8.self)
            floats[index] = scale * Float(step) * Float(number - 32)
        }
    }
}
