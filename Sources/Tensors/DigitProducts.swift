import CTernKernels

/// Products of floats with integers on the integers' kernels: what goes back through a product of trits and quantised activations.
///
/// A float becomes a whole number of two digits of 8 bits, in steps of its row's largest number; of three where two would make an error
/// of more than 2^-13 of all numbers' norm. Both are far below what gradients tell, and the sums are exact. Not for two products at once.
public final class DigitProducts {
    private let kernels: Kernels
    private let threads: ThreadPool
    private var tiles = AlignedMemory(byteCount: 0)
    private var sums = AlignedMemory(byteCount: 0)
    private var panels = AlignedMemory(byteCount: 0)
    /// Of each row: the scale, its inverse, the largest number, the sum of squares.
    private var rows = AlignedMemory(byteCount: 0)

    public init(kernels: Kernels, threads: ThreadPool) { (self.kernels, self.threads) = (kernels, threads) }

    /// Numbers of a row at most: their products have to fit in 32 bits.
    private static let mostDepth = 1 << 15

    /// Rows of floats, `stride` apart.
    public struct Floats {
        let start: UnsafePointer<Float>
        let rows: Int
        let columns: Int
        let stride: Int

        public init(_ start: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int) {
            (self.start, self.rows, self.columns, self.stride) = (start, rows, columns, stride)
        }
    }

    /// c[r, i] += factor · Σ_o g[r, o] · t[o, i], for rows of trit codes as files hold them, g.columns rows of `width`.
    public func add(
        _ g: Floats, codes: UnsafePointer<UInt8>, width: Int, factor: Float, to c: UnsafeMutablePointer<Float>, stride: Int
    ) {
        let steps = (g.columns + 3) / 4, rowBytes = Trits.rowBytes(width: width)
        let digits = rowDigits(g)
        reserve(rows: g.rows, steps: steps, digits: digits, columns: width)
        digitsOfRows(g, digits, steps)
        let panels = panels.start.assumingMemoryBound(to: UInt8.self)
        threads.parallel(steps, grain: max(1, 8192 / width)) { part in
            for step in part {
                kernels.panels(
                    ofCodes: codes + 4 * step * rowBytes, rows: min(4, g.columns - 4 * step), width: width, step: step, steps: steps,
                    into: panels)
            }
        }
        multiply(rows: g.rows, digits, steps, columns: width, offset: 1, factor, c, stride)
    }

    /// c[o, i] += Σ_r g[r, o] · x[r, i], for quantised rows x, g.rows of them.
    public func add(transposed g: Floats, _ x: QuantisedRows, to c: UnsafeMutablePointer<Float>, stride: Int) {
        for first in Swift.stride(from: 0, to: g.rows, by: Self.mostDepth) {
            let count = min(Self.mostDepth, g.rows - first)
            let part = Floats(g.start + first * g.stride, rows: count, columns: g.columns, stride: g.stride)
            add(transposed: part, x, from: first, c, stride)
        }
    }

    private func add(transposed g: Floats, _ x: QuantisedRows, from first: Int, _ c: UnsafeMutablePointer<Float>, _ stride: Int) {
        let steps = (g.rows + 3) / 4, factors = UnsafePointer(x.inverses + first)
        let digits = columnDigits(g, factors)
        reserve(rows: g.columns, steps: steps, digits: digits, columns: x.width)
        digitsOfColumns(g, factors, digits, steps)
        let panels = panels.start.assumingMemoryBound(to: UInt8.self)
        threads.parallel(steps, grain: max(1, 8192 / x.width)) { part in
            for step in part {
                kernels.panels(
                    ofPlanes: x.planes + (first + 4 * step) * x.stride, stride: x.stride, rows: min(4, g.rows - 4 * step), width: x.width,
                    step: step, steps: steps, into: panels)
            }
        }
        multiply(rows: g.columns, digits, steps, columns: x.width, offset: 128, 1, c, stride)
    }

    private func multiply(
        rows: Int, _ digits: Int, _ steps: Int, columns: Int, offset: Int32, _ factor: Float, _ c: UnsafeMutablePointer<Float>,
        _ stride: Int
    ) {
        let a = tern_digits(
            values: tiles.start.assumingMemoryBound(to: Int8.self), sums: sums.start.assumingMemoryBound(to: Int32.self),
            scales: scales, rows: rows, steps: steps, digits: UInt32(digits))
        let b = tern_columns(values: panels.start.assumingMemoryBound(to: UInt8.self), columns: columns, steps: steps, offset: offset)
        let tiles = (rows + Kernels.tile - 1) / Kernels.tile
        // As many tiles at once as stay in a second-level cache beside a panel or three.
        let block = max(1, (1 << 19) / Kernels.tileBytes(steps: steps, digits: digits))
        let parts = max((tiles + block - 1) / block, min(tiles, 4 * threads.threads))
        threads.parallel(parts) { range in
            for part in range {
                kernels.productOfDigits(
                    a, tiles * part / parts..<tiles * (part + 1) / parts, b, factor: factor, into: c, stride: stride)
            }
        }
    }
}

// Ranges and digits.
extension DigitProducts {
    private func reserve(rows: Int, steps: Int, digits: Int, columns: Int) {
        // Columns go by sixteen: four tiles.
        let tileCount = (rows + 15) / 16 * 4
        Self.grow(&tiles, tileCount * Kernels.tileBytes(steps: steps, digits: digits))
        Self.grow(&sums, tileCount * Kernels.tile * digits * 4)
        Self.grow(&panels, (columns + Kernels.panel - 1) / Kernels.panel * Kernels.panelBytes(steps: steps))
    }

    private static func grow(_ memory: inout AlignedMemory, _ bytes: Int) {
        if memory.byteCount < bytes { memory = AlignedMemory(byteCount: bytes) }
    }

    private var numbers: UnsafeMutablePointer<Float> { rows.start.assumingMemoryBound(to: Float.self) }
    private var rowRoom: Int { rows.byteCount / 16 }
    private var scales: UnsafeMutablePointer<Float> { numbers }
    private var inverses: UnsafeMutablePointer<Float> { numbers + rowRoom }
    private var largest: UnsafeMutablePointer<Float> { numbers + 2 * rowRoom }
    private var squares: UnsafeMutablePointer<Float> { numbers + 3 * rowRoom }

    private func begin(rows count: Int) {
        Self.grow(&rows, (count + 15) / 16 * 16 * 16)
        for index in 0..<(count + 15) / 16 * 16 { (largest[index], squares[index]) = (0, 0) }
    }

    /// How many digits the rows of g need; notes their scales.
    private func rowDigits(_ g: Floats) -> Int {
        begin(rows: g.rows)
        let (largest, squares) = (largest, squares)
        threads.parallel(g.rows, grain: max(1, 16384 / g.columns)) { part in
            for row in part { kernels.rowRange(g.start + row * g.stride, width: g.columns, largest: largest + row, square: squares + row) }
        }
        return chooseDigits(rows: g.rows, depth: g.columns)
    }

    /// The same for the columns of g, each row of which is multiplied by a factor.
    private func columnDigits(_ g: Floats, _ factors: UnsafePointer<Float>) -> Int {
        begin(rows: g.columns)
        let (largest, squares) = (largest, squares)
        threads.parallel(g.columns, grain: max(64, 16384 / g.rows)) { part in
            kernels.columnRanges(
                g.start + part.lowerBound, stride: g.stride, rows: g.rows, columns: part.count, factors: factors,
                largest: largest + part.lowerBound, squares: squares + part.lowerBound)
        }
        return chooseDigits(rows: g.columns, depth: g.rows)
    }

    /// Rounding to steps of s makes an error of s/√12 a number (uniformly distributed): two digits are enough where that is little.
    private func chooseDigits(rows: Int, depth: Int) -> Int {
        var all = 0.0, error = 0.0
        for row in 0..<rows {
            let step = Double(largest[row]) / Double(Kernels.most(digits: 2))
            all += Double(squares[row])
            error += step * step * Double(depth) / 12
        }
        let digits = error <= all * 0x1p-26 ? 2 : 3
        for row in 0..<(rows + 15) / 16 * 16 { setScale(row, digits) }
        return digits
    }

    /// What holds a NaN or an infinity is one in all of its products.
    private func setScale(_ row: Int, _ digits: Int) {
        guard squares[row].isFinite else { return (scales[row], inverses[row]) = (.nan, 0) }
        let most = Kernels.most(digits: digits), inverse = most / largest[row]
        // What is too small for its inverse is as good as zero.
        (scales[row], inverses[row]) = inverse.isFinite ? (largest[row] / most, inverse) : (0, 0)
    }

    private func digitsOfRows(_ g: Floats, _ digits: Int, _ steps: Int) {
        let tileBytes = Kernels.tileBytes(steps: steps, digits: digits), tile = Kernels.tile
        let (values, sums) = (tiles.start.assumingMemoryBound(to: Int8.self), self.sums.start.assumingMemoryBound(to: Int32.self))
        let inverses = inverses
        threads.parallel((g.rows + tile - 1) / tile, grain: max(1, 4096 / g.columns)) { part in
            for index in part {
                kernels.digitsOfRows(
                    g.start + index * tile * g.stride, stride: g.stride, rows: min(tile, g.rows - index * tile), width: g.columns,
                    inverses: inverses + index * tile, digits: digits, tile: values + index * tileBytes, sums: sums + index * tile * digits)
            }
        }
    }

    private func digitsOfColumns(_ g: Floats, _ factors: UnsafePointer<Float>, _ digits: Int, _ steps: Int) {
        let tileBytes = Kernels.tileBytes(steps: steps, digits: digits), tile = Kernels.tile
        let (values, sums) = (tiles.start.assumingMemoryBound(to: Int8.self), self.sums.start.assumingMemoryBound(to: Int32.self))
        let inverses = inverses
        threads.parallel((g.columns + 15) / 16, grain: max(1, 1024 / g.rows)) { part in
            for group in part {
                kernels.digitsOfColumns(
                    g.start + 16 * group, stride: g.stride, rows: g.rows, columns: min(16, g.columns - 16 * group), factors: factors,
                    inverses: inverses + 16 * group, digits: digits, tiles: values + 4 * group * tileBytes,
                    sums: sums + 4 * group * tile * digits)
            }
        }
    }
}
