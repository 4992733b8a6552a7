import Basis
import Tensors

/// How a tensor of the model is stored.
public enum Encoding: Hashable, Sendable {
    /// As it is, under its own name.
    case dense(ElementType)
    /// Two-bit codes (0, 1, 2 for -1, 0, +1; four a byte, low bits first, each row padded with 1) and one scale for all.
    case trits
    /// Codes of integers by groups of sixteen rows and, for each span of 128 columns of a row, one scale.
    case integers(IntegerBits)

    public var name: String {
        switch self {
        case .dense: "dense"
        case .trits: "trits"
        case .integers(let bits): bits.name
        }
    }

    /// How many tensors of the file hold one of the model.
    var storedCount: Int { if case .dense = self { 1 } else { 2 } }

    public static let scaleSuffix = ".scale"
}

extension Manifest.Tensor {
    /// The tensors of the file that hold this one, in order.
    public func stored() throws -> [TensorEntry] {
        switch encoding {
        case .dense(let element): return [try TensorEntry(name: name, element: element, shape: shape)]
        case .trits:
            guard let columns = shape.last, columns >= 0 else { throw Failure("tensor '\(name)' has the impossible shape \(shape)") }
            // As many weights as can be counted, not only as many bytes.
            _ = try TensorEntry(name: name, element: .uint8, shape: shape)
            let bytes = columns / 4 + (columns % 4 == 0 ? 0 : 1)
            return [
                try TensorEntry(name: name, element: .uint8, shape: shape.dropLast() + [bytes]),
                try TensorEntry(name: name + Encoding.scaleSuffix, element: .float32, shape: [1]),
            ]
        case .integers(let bits):
            guard shape.count == 2, shape[1] <= Int.max / 32 else { throw Failure("tensor '\(name)' has the impossible shape \(shape)") }
            _ = try TensorEntry(name: name, element: .float32, shape: shape)
            let groups = IntegerBits.groups(rows: shape[0])
            return [
                try TensorEntry(name: name, element: .uint8, shape: [groups, bits.groupBytes(width: shape[1])]),
                try TensorEntry(
                    name: name + Encoding.scaleSuffix, element: .float16, shape: [groups, IntegerBits.groupScales(width: shape[1])]),
            ]
        }
    }
}

/// What is wrong with the codes of a trits tensor; nil if nothing is. A code of 3 stands for no weight, and padding is 1.
func tritsProblem(_ bytes: UnsafeRawBufferPointer, columns: Int) -> String? {
    guard !hasCodeThree(bytes) else { return "a code is 3, which stands for no weight" }
    let used = columns % 4
    guard used != 0 else { return nil }
    let stride = columns / 4 + 1
    let mask: UInt8 = 0xFF << UInt8(2 * used)
    for at in Swift.stride(from: stride - 1, to: bytes.count, by: stride) where bytes[at] & mask != 0b0101_0101 & mask {
        return "the padding of row \(at / stride) is not 1"
    }
    return nil
}

/// Whether both bits of any two-bit code are set; eight bytes a step, as this is done to every weight that is loaded.
private func hasCodeThree(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var both: UInt64 = 0
    let words = bytes.count / 8
    for word in 0..<words {
        let codes = bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)
        both |= codes & (codes >> 1)
    }
    for at in 8 * words..<bytes.count { both |= UInt64(bytes[at] & (bytes[at] >> 1)) }
    return both & 0x5555_5555_5555_5555 != 0
}
