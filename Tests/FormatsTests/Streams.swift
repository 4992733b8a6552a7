import Basis
import Tensors

/// Bytes in memory as a stream that gives them in small pieces, as a pipe may.
final class DripReader: ByteReader {
    let name = "drip"
    private var bytes: ArraySlice<UInt8>
    private let most: Int
    init(_ bytes: [UInt8], most: Int = 7) { (self.bytes, self.most) = (bytes[...], most) }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = min(buffer.count, bytes.count, most)
        buffer.copyBytes(from: bytes.prefix(count))
        bytes = bytes.dropFirst(count)
        return count
    }
}

extension TensorSource {
    /// All tensors' bytes, in order.
    func contents() throws -> [[UInt8]] {
        try entries.indices.map { index in
            var bytes = [UInt8](repeating: 0xAA, count: entries[index].byteCount)
            try bytes.withUnsafeMutableBytes { try read(index, into: $0) }
            return bytes
        }
    }
}

/// A repeatable sequence of numbers (xorshift64*), so that a failure found once is found again.
struct Sequence64: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
