import Basis
import Tensors

/// A ternary matrix and a vector of int8 activations: what a unit multiplies, and the exact sums.
public struct TernaryLayer: Sendable {
    public let rows: Int
    public let width: Int
    /// Two-bit codes as files hold them (`Trits`): rows of `Trits.rowBytes(width:)` bytes.
    public let codes: [UInt8]
    /// `width` integers.
    public let activations: [Int8]

    /// Refuses empty matrices, codes that are none, and another number of activations than `width`.
    public init(rows: Int, width: Int, codes: [UInt8], activations: [Int8]) throws {
        guard rows > 0, width > 0 else { throw Failure("a matrix of \(rows) rows and \(width) columns is empty") }
        // -128 is among the activations, and sums have 32 bits.
        guard width < TernaryMatrix.mostColumns else { throw Failure("\(width) columns are too many to sum in 32 bits") }
        guard activations.count == width else { throw Failure("\(activations.count) activations are not \(width), as a row is wide") }
        try codes.withUnsafeBytes { try Trits.validate($0, rows: rows, width: width) }
        (self.rows, self.width, self.codes, self.activations) = (rows, width, codes, activations)
    }

    /// The same with random activations, each of the 256 values equally likely.
    public init(rows: Int, width: Int, codes: [UInt8], seed: UInt64) throws {
        guard width < TernaryMatrix.mostColumns else { throw Failure("\(width) columns are too many to sum in 32 bits") }
        var random = Random(seed: seed)
        let activations = (0..<max(0, width)).map { _ in Int8(truncatingIfNeeded: random.next() >> 56) }
        try self.init(rows: rows, width: width, codes: codes, activations: activations)
    }

    /// The code of a trit: 0, 1, 2 for -1, 0, +1; 1 beyond the edges.
    func code(row: Int, column: Int) -> UInt8 {
        guard row < rows, column < width else { return 1 }
        return codes[row * Trits.rowBytes(width: width) + column / 4] >> (2 * (column % 4)) & 3
    }

    /// What a unit's sums must be, a row each.
    public var sums: [Int32] {
        (0..<rows).map { row in
            (0..<width).reduce(Int32(0)) { $0 + (Int32(code(row: row, column: $1)) - 1) * Int32(activations[$1]) }
        }
    }
}
