import Tensors

/// The products that gradients take back through those of a graph. Not for two at once.
public final class BackwardProducts {
    /// Of floats with floats.
    public let floats: any FloatProducts
    /// Of floats with integers, where these are faster than to make floats of the integers.
    private let digits: DigitProducts?
    private let threads: ThreadPool
    private var scratch = AlignedMemory(byteCount: 0)

    /// `digits` says whether integers stay what they are; if not given, whether that is faster here.
    public init(_ floats: any FloatProducts, kernels: Kernels, threads: ThreadPool, digits: Bool? = nil) {
        (self.floats, self.threads) = (floats, threads)
        self.digits = digits ?? kernels.prefersDigits ? DigitProducts(kernels: kernels, threads: threads) : nil
    }

    /// Adds scale · g · T to dx: g by outputs, T the trits in the form of files, a row for each output.
    func add(_ g: FloatBlock, codes: UnsafePointer<UInt8>, scale: Float, to dx: MutableFloatBlock) {
        if let digits {
            return digits.add(g.floats, codes: codes, width: dx.columns, factor: scale, to: dx.start, stride: dx.stride)
        }
        let rowBytes = Trits.rowBytes(width: dx.columns), bytes = UnsafeRawBufferPointer(start: codes, count: g.columns * rowBytes)
        let trits = widened(rows: g.columns, width: dx.columns) { row, values in
            Trits.widen(bytes, from: row * rowBytes, width: dx.columns, into: values)
        }
        floats.add(g, transposed: false, trits, factor: scale, to: dx)
    }

    /// Adds gᵀ · x to dw: g by outputs, x the rows of activations as they were quantised.
    func add(_ g: FloatBlock, activations x: QuantisedRows, to dw: MutableFloatBlock) {
        if let digits { return digits.add(transposed: g.floats, x, to: dw.start, stride: dw.stride) }
        let values = widened(rows: g.rows, width: x.width) { x.widen($0, into: $1) }
        floats.add(g, transposed: true, values, factor: 1, to: dw)
    }

    private func widened(rows: Int, width: Int, _ widen: (Int, UnsafeMutablePointer<Float>) -> Void) -> FloatBlock {
        if scratch.bytes.count < 4 * rows * width { scratch = AlignedMemory(byteCount: 4 * rows * width) }
        guard let start = scratch.bytes.bindMemory(to: Float.self).baseAddress else { preconditionFailure("a matrix is not empty") }
        threads.parallel(rows, grain: max(1, 65536 / width)) { part in for row in part { widen(row, start + row * width) } }
        return FloatBlock(start, rows: rows, columns: width, stride: width)
    }
}

extension FloatBlock {
    fileprivate var floats: DigitProducts.Floats { DigitProducts.Floats(start, rows: rows, columns: columns, stride: stride) }
}
