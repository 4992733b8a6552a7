import Basis
import Tensors

/// How a tensor of the model is stored.
public enum Encoding: Hashable, Sendable {
    /// As it is, under its own name.
    case dense(ElementType)
    /// Two-bit codes (0, 1, 2 for -1, 0, +1; four a byte, low bits first, each row padded with 1) and one scale for all.
    case trits
    /// The same codes, five a byte in base three, the first the lowest digit, each row padded with 1: what the packed form has for `trits`.
    case fives
    /// Codes of integers by groups of sixteen rows and, for each span of 128 columns of a row, one scale.
    case integers(IntegerBits)

    public var name: String {
        switch self {
        case .dense: "dense"
        case .trits: "trits"
        case .fives: "fives"
        case .integers(let bits): bits.name
        }
    }

    /// How many tensors of the file hold one of the model.
    var storedCount: Int { if case .dense = self { 1 } else { 2 } }

    /// Whether it stands for trits with one scale.
    public var isTernary: Bool { self == .trits || self == .fives }

    public static let scaleSuffix = ".scale"
}

extension Manifest.Tensor {
    /// The tensors of the file that hold this one, in order.
    public func stored() throws -> [TensorEntry] {
        switch encoding {
        case .dense(let element): return [try TensorEntry(name: name, element: element, shape: shape)]
        case .trits, .fives:
            guard let columns = shape.last, columns >= 0 else { throw Failure("tensor '\(name)' has the impossible shape \(shape)") }
            // As many weights as can be counted, not only as many bytes.
            _ = try TensorEntry(name: name, element: .uint8, shape: shape)
            let rowBytes = CodedRows(encoding, columns: columns)?.storedBytes ?? 0
            return [
                try TensorEntry(name: name, element: .uint8, shape: shape.dropLast() + [rowBytes]),
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
