import CTernKernels

/// How many bits a table of integers spends on a number, beside one scale for each span of 128 columns.
public enum IntegerBits: Int, CaseIterable, Hashable, Sendable {
    /// Of two bits is what planes of trits are folded to; nobody narrows floats to that.
    case two = 2, four = 4, six = 6, eight = 8

    /// What tables of floats are narrowed to.
    public static let forFloats = [IntegerBits.four, .six, .eight]

    /// `int8`, by which containers and options call it.
    public var name: String { "int\(rawValue)" }

    public init?(named name: String) {
        guard let bits = IntegerBits.forFloats.first(where: { $0.name == name }) else { return nil }
        self = bits
    }

    /// Rows whose codes lie together.
    public static let group = Int(TERN_INTEGER_ROWS)

    /// Groups of a table, the last filled up with zeros.
    public static func groups(rows: Int) -> Int { rows / group + (rows % group == 0 ? 0 : 1) }

    /// Bytes of the codes of a group; `width` is at most `Int.max` / 32.
    public func groupBytes(width: Int) -> Int { IntegerBits.spans(width: width) * (Int(TERN_SPAN) / 8 * IntegerBits.group) * rawValue }

    /// Scales of a group: sixteen for each span.
    public static func groupScales(width: Int) -> Int { spans(width: width) * group }

    /// Spans of a row.
    public static func spans(width: Int) -> Int { width / Int(TERN_SPAN) + (width % Int(TERN_SPAN) == 0 ? 0 : 1) }

    /// Columns in a span.
    public static let span = Int(TERN_SPAN)
}

/// Rows of a table of integers as kernels see them: memory that somebody else owns.
public struct IntegerRows: @unchecked Sendable {
    let view: tern_integers

    /// `codes` has `bits.groupBytes(width:)` bytes for each group, `scales` `IntegerBits.groupScales(width:)` half-precision numbers.
    public init(_ codes: UnsafePointer<UInt8>, scales: UnsafePointer<UInt16>, rows: Int, width: Int, bits: IntegerBits) {
        view = tern_integers(codes: codes, scales: scales, rows: rows, width: width, bits: UInt32(bits.rawValue))
    }
}
