import Basis
import Models
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
    /// Trits in one to three planes, as two-bit codes, with scales for each span of 128 columns of a row.
    case planes(PlaneForm)
    /// The same with five trits a byte: what the packed form has for `planes`.
    case planesOfFives(PlaneForm)

    public var name: String {
        switch self {
        case .dense: "dense"
        case .trits: "trits"
        case .fives: "fives"
        case .integers(let bits): bits.name
        case .planes: "planes"
        case .planesOfFives: "planes-of-fives"
        }
    }

    /// How many tensors of the file hold one of the model.
    var storedCount: Int {
        switch self {
        case .dense: 1
        case .trits, .fives, .integers: 2
        case .planes(let form), .planesOfFives(let form): form.hasShift ? 3 : 2
        }
    }

    /// Whether it stands for trits with one scale.
    public var isTernary: Bool { self == .trits || self == .fives }

    /// How its trits are coded; nil for what has none.
    var coding: TritCoding? {
        switch self {
        case .dense, .integers: nil
        case .trits, .planes: .codes
        case .fives, .planesOfFives: .fives
        }
    }

    /// The same with its trits coded otherwise.
    func coded(as coding: TritCoding) -> Encoding {
        switch self {
        case .dense, .integers: self
        case .trits, .fives: coding == .codes ? .trits : .fives
        case .planes(let form), .planesOfFives(let form): coding == .codes ? .planes(form) : .planesOfFives(form)
        }
    }

    /// Planes that it has: of trits with one scale, one; nil for what has no trits.
    public var planeCount: Int? {
        switch self {
        case .dense, .integers: nil
        case .trits, .fives: 1
        case .planes(let form), .planesOfFives(let form): form.count
        }
    }

    public static let scaleSuffix = ".scale"
}

/// How trits are stored: as two-bit codes, which the raw form has, or five a byte, which the packed one has.
enum TritCoding { case codes, fives }

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
        case .planes(let form), .planesOfFives(let form): return try storedPlanes(form)
        }
    }

    private func storedPlanes(_ form: PlaneForm) throws -> [TensorEntry] {
        guard shape.count == 2, shape[1] <= Int.max / 32 else { throw Failure("tensor '\(name)' has the impossible shape \(shape)") }
        _ = try TensorEntry(name: name, element: .float32, shape: shape)
        let weight = Weight(name, shape: shape, kind: .table)
        let rowBytes = CodedRows(encoding, columns: shape[1])?.storedBytes ?? 0
        let codes = try TensorEntry(name: name, element: .uint8, shape: weight.planeShape(form).dropLast() + [rowBytes])
        let scales = try TensorEntry(name: weight.scaleName, element: .float16, shape: weight.planeScaleShape(form))
        guard form.hasShift else { return [codes, scales] }
        return [codes, scales, try TensorEntry(name: weight.shiftName, element: .float16, shape: weight.planeShiftShape)]
    }
}
