import Tensors

/// How a matrix is made up of planes of trits: w = s (3^(n-1) t_1 + .. + 3 t_(n-1) + t_n) + m where their scales are tied, and
/// w = s_1 t_1 + .. + s_n t_n + m where they are free. Each span of 128 columns of a row has scales, and a shift m, of its own.
public struct PlaneForm: Hashable, Sendable {
    public static let mostPlanes = 3

    /// 1 to 3.
    public let count: Int
    /// Whether a single scale goes for all planes; so it is of one plane.
    public let isTied: Bool
    public let hasShift: Bool

    /// Nil for a number of planes that no kernel takes.
    public init?(count: Int, isTied: Bool, hasShift: Bool) {
        guard 1...PlaneForm.mostPlanes ~= count else { return nil }
        (self.count, self.isTied, self.hasShift) = (count, isTied || count == 1, hasShift)
    }

    /// Scales of a span.
    public var scaleCount: Int { isTied ? 1 : count }

    /// Values that a weight of a span can have.
    public var levels: Int { [3, 9, 27][count - 1] }

    /// The trit of a plane in a value's code, in which the first plane's is the highest digit.
    public func trit(of code: UInt8, _ plane: Int) -> Int { Int(code) / [1, 3, 9][count - 1 - plane] % 3 - 1 }

    /// Bits that a weight takes in memory, without scales: what kernels multiply by are integers that tied planes fold to, or each plane
    /// by itself.
    var memoryBits: [IntegerBits] { isTied ? [[.two, .four, .six][count - 1]] : Array(repeating: .two, count: count) }
}

/// How a container holds a matrix made of planes.
extension Weight {
    /// The tensor that holds the shifts.
    public var shiftName: String { name + ".shift" }

    /// Trit codes, four a byte: the planes of a row one after the other.
    public func planeShape(_ form: PlaneForm) -> [Int] { [rows, form.count, (columns + 3) / 4] }

    /// Scales in half precision, for each span of a row one, or one a plane.
    public func planeScaleShape(_ form: PlaneForm) -> [Int] { planeShiftShape + (form.isTied ? [] : [form.count]) }

    public var planeShiftShape: [Int] { [rows, IntegerBits.spans(width: columns)] }

    /// The form that tensors of these shapes have; nil if none.
    public func planeForm(codes: [Int], scales: [Int], hasShift: Bool) -> PlaneForm? {
        guard codes.count == 3, let form = PlaneForm(count: codes[1], isTied: scales.count == 2, hasShift: hasShift) else { return nil }
        return codes == planeShape(form) && scales == planeScaleShape(form) ? form : nil
    }
}
