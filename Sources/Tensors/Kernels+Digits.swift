import CTernKernels

/// Products of floats, as whole numbers of two or three digits of 8 bits, with integers. Sizes are the header's.
extension Kernels {
    /// Whether products by digits are faster here than those of floats.
    public var prefersDigits: Bool { level == .avx512 || level == .avx512vbmi }

    static let tile = Int(TERN_TILE), panel = Int(TERN_PANEL)

    static func tileBytes(steps: Int, digits: Int) -> Int { tern_tile_bytes(steps, UInt32(digits)) }
    static func panelBytes(steps: Int) -> Int { tern_panel_bytes(steps) }

    /// The largest whole number of so many digits.
    static func most(digits: Int) -> Float { tern_digits_most(UInt32(digits)) }

    func productOfDigits(
        _ a: tern_digits, _ tiles: Range<Int>, _ b: tern_columns, factor: Float, into c: UnsafeMutablePointer<Float>, stride: Int
    ) {
        withUnsafePointer(to: a) { a in
            withUnsafePointer(to: b) { functions.product_digits(a, tiles.lowerBound, tiles.upperBound, $0, factor, c, stride) }
        }
    }

    func digitsOfRows(
        _ x: UnsafePointer<Float>, stride: Int, rows: Int, width: Int, inverses: UnsafePointer<Float>, digits: Int,
        tile: UnsafeMutablePointer<Int8>, sums: UnsafeMutablePointer<Int32>
    ) {
        functions.digits_of_rows(x, stride, rows, width, inverses, UInt32(digits), tile, sums)
    }

    func digitsOfColumns(
        _ x: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, factors: UnsafePointer<Float>, inverses: UnsafePointer<Float>,
        digits: Int, tiles: UnsafeMutablePointer<Int8>, sums: UnsafeMutablePointer<Int32>
    ) {
        functions.digits_of_columns(x, stride, rows, columns, factors, inverses, UInt32(digits), tiles, sums)
    }

    func columnRanges(
        _ x: UnsafePointer<Float>, stride: Int, rows: Int, columns: Int, factors: UnsafePointer<Float>,
        largest: UnsafeMutablePointer<Float>, squares: UnsafeMutablePointer<Float>
    ) {
        functions.column_ranges(x, stride, rows, columns, factors, largest, squares)
    }

    func rowRange(
        _ x: UnsafePointer<Float>, width: Int, largest: UnsafeMutablePointer<Float>, square: UnsafeMutablePointer<Float>
    ) {
        functions.row_range(x, width, largest, square)
    }

    func panels(
        ofCodes codes: UnsafePointer<UInt8>, rows: Int, width: Int, step: Int, steps: Int, into panels: UnsafeMutablePointer<UInt8>
    ) {
        functions.panels_of_codes(codes, rows, width, step, steps, panels)
    }

    func panels(
        ofPlanes planes: UnsafePointer<Int8>, stride: Int, rows: Int, width: Int, step: Int, steps: Int,
        into panels: UnsafeMutablePointer<UInt8>
    ) {
        functions.panels_of_planes(planes, stride, rows, width, step, steps, panels)
    }
}
