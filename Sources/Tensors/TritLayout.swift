import CTernKernels

/// How the trits of a matrix lie in memory. The header of the kernels draws both.
public enum TritLayout: String, CaseIterable, Hashable, Sendable {
    /// Two bits a trit, row after row, as files hold them: needs nothing but a row's filling up.
    case pairs
    /// Three trits in five bits, 128 rows at a time, in the order in which they are read.
    case triples

    /// Bytes of a matrix, a whole number of groups where rows go by groups.
    public func bytes(rows: Int, width: Int) -> Int {
        switch self {
        case .pairs: rows * tern_row_bytes(width)
        case .triples: tern_triples_bytes(rows, width)
        }
    }

    /// Rows that are multiplied together.
    public var group: Int { Int(self == .triples ? TERN_TRIPLE_ROWS : TERN_GROUP) }

    /// Bands of a matrix of triples.
    static func bands(rows: Int) -> Int { tern_bands(rows) }

    var code: tern_layout { self == .triples ? TERN_TRIPLES : TERN_PAIRS }
}

/// A matrix of trits as a kernel sees it: memory that somebody else owns.
public struct TritRows: @unchecked Sendable {
    let view: tern_matrix

    public init(_ trits: UnsafePointer<UInt8>, rows: Int, width: Int, layout: TritLayout) {
        view = tern_matrix(trits: trits, rows: rows, width: width, layout: layout.code)
    }
}

/// Quantised activations as a kernel sees them: memory that somebody else owns.
public struct ActivationRows {
    let view: tern_activations

    /// `planes` has `count` rows `stride` bytes apart; products of row a are multiplied by scales[a], where there are scales.
    public init(
        planes: UnsafePointer<Int8>, stride: Int, sums: UnsafePointer<Int32>, scales: UnsafePointer<Float>?, count: Int
    ) {
        view = tern_activations(planes: planes, stride: stride, sums: sums, scales: scales, count: count)
    }
}
