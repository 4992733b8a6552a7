import Basis
import Tensors

/// A stored matrix of trits whose rows can be decoded one by one: every ternary type but those of `WholeMatrix`.
struct TernaryBlocks {
    let type: StoredType
    let columns: Int
    /// `rows * rowBytes` bytes.
    private let bytes: UnsafeRawBufferPointer
    private let rowBytes: Int

    /// `bytes` has the size of the type, which the header's reader has checked.
    init(_ type: StoredType, columns: Int, _ bytes: UnsafeRawBufferPointer) {
        (self.type, self.columns, self.bytes) = (type, columns, bytes)
        rowBytes = columns / type.block.numbers * type.block.bytes + type.block.rowBytes
    }

    /// Columns that share a scale.
    var group: Int { type.block.rowBytes > 0 ? columns : type.block.numbers }

    /// Writes a row's codes, and the scale of each group of it.
    func decode(_ row: Int, into codes: Codes, scales: inout [Float]) {
        guard let start = bytes.baseAddress.map({ $0 + row * rowBytes }) else { return }
        scales.removeAll(keepingCapacity: true)
        switch type {
        case .iq1bn: scales.append(start.half(at: 0))
        case .iq2bn: scales.append(start.float(at: 0))
        default: break
        }
        var (block, target) = (start + type.block.rowBytes, codes)
        for _ in 0..<columns / type.block.numbers {
            decode(block, into: target, &scales)
            block += type.block.bytes
            target += type.block.numbers / 4
        }
    }

    @inline(__always) private func decode(_ block: UnsafeRawPointer, into codes: Codes, _ scales: inout [Float]) {
        switch type {
        case .tq1x0:
            decodeTQ1(block, into: codes)
            scales.append(block.half(at: 52))
        case .tq2x0:
            for part in 0..<8 { gather(block + 32 * (part / 4), shift: UInt32(2 * (part % 4)), count: 32, into: codes + 8 * part) }
            scales.append(block.half(at: 64))
        case .q2x0of64, .q2x0of128:
            UnsafeMutableRawPointer(codes).copyMemory(from: block + 2, byteCount: type.block.numbers / 4)
            scales.append(block.half(at: 0))
        case .iq2bn:
            for part in 0..<4 { gather(block, shift: UInt32(2 * part), count: 16, into: codes + 4 * part) }
        default: decodeIQ1(block, into: codes)
        }
    }

    /// Trit n of byte m is number m + 32 n of the first 160, then m + 16 n of the next 80, then m + 4 n of the last 16.
    @inline(__always) private func decodeTQ1(_ block: UnsafeRawPointer, into codes: Codes) {
        BaseThree.digits.withUnsafeBufferPointer { table in
            guard let table = table.baseAddress else { return }
            for digit in 0..<5 { gather(block, digit: table + 256 * digit, count: 32, into: codes + 8 * digit) }
            for digit in 0..<5 { gather(block + 32, digit: table + 256 * digit, count: 16, into: codes + 40 + 4 * digit) }
            for digit in 0..<4 { gather(block + 48, digit: table + 256 * digit, count: 4, into: codes + 60 + digit) }
        }
    }

    /// Three bytes of five trits for fifteen numbers of sixteen; the four that are left share byte 12.
    @inline(__always) private func decodeIQ1(_ block: UnsafeRawPointer, into codes: Codes) {
        BaseThree.fives.withUnsafeBufferPointer { fives in
            let last = fives[Int(block.load(fromByteOffset: 12, as: UInt8.self))]
            for part in 0..<4 {
                var sixteen = (last >> UInt64(2 * part) & 3) << 30
                for byte in 0..<3 {
                    sixteen |= fives[Int(block.load(fromByteOffset: 3 * part + byte, as: UInt8.self))] << UInt64(10 * byte)
                }
                for byte in 0..<4 { codes[4 * part + byte] = UInt8(truncatingIfNeeded: sixteen >> UInt64(8 * byte)) }
            }
        }
    }
}
