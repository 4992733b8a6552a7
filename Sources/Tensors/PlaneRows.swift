import CTernKernels

/// A matrix of planes of trits as kernels see it, in memory that somebody else owns: integers that tied planes have been folded to, or each
/// plane by itself, and what is added to all weights of a span.
public struct PlaneRows: @unchecked Sendable {
    /// Their products are added up in this order.
    let passes: [IntegerRows]
    /// Half-precision numbers in the order of the scales: for each span of a group of rows, sixteen; nil if all are 0.
    let shifts: UnsafePointer<UInt16>?

    public init(_ passes: [IntegerRows], shifts: UnsafePointer<UInt16>?) {
        precondition(!passes.isEmpty)
        (self.passes, self.shifts) = (passes, shifts)
    }

    var rows: Int { passes[0].view.rows }
    var width: Int { passes[0].view.width }
}

extension Kernels {
    /// out[a * outStride + r] = row r of the matrix . row a of x, `stride` floats apart, which is quantised once, span by span.
    public func product(
        _ planes: PlaneRows, _ x: UnsafePointer<Float>, stride: Int, count: Int, into out: UnsafeMutablePointer<Float>, outStride: Int,
        _ threads: ThreadPool
    ) {
        let groups = IntegerBits.groups(rows: planes.rows)
        let groupBytes = planes.passes.reduce(0) { $0 + tern_integer_bytes($1.view.width, $1.view.bits) }
        withSpans(x, width: planes.width, stride: stride, count: count) { spanned in
            withSums(of: spanned, spans: IntegerBits.spans(width: planes.width), wanted: planes.shifts != nil) { sums in
                threads.parallel(groups, grain: max(1, 65536 / max(1, groupBytes * count))) { part in
                    for first in Swift.stride(from: part.lowerBound, to: part.upperBound, by: Kernels.groupsAtOnce) {
                        let end = min(planes.rows, min(part.upperBound, first + Kernels.groupsAtOnce) * IntegerBits.group)
                        run(planes, first * IntegerBits.group..<end, spanned, sums, into: out, outStride)
                    }
                }
            }
        }
    }

    /// Rows whose passes follow one another while their sums are in the cache.
    private static let groupsAtOnce = 4

    private func run(
        _ planes: PlaneRows, _ rows: Range<Int>, _ x: tern_spanned, _ sums: UnsafePointer<Float>?, into out: UnsafeMutablePointer<Float>,
        _ outStride: Int
    ) {
        multiply(planes.passes[0], rows, x, into: out + rows.lowerBound, outStride)
        if planes.passes.count > 1 {
            withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * x.count) { scratch in
                guard let more = scratch.baseAddress else { return }
                for pass in planes.passes.dropFirst() {
                    multiply(pass, rows, x, into: more, rows.count)
                    for a in 0..<x.count {
                        let sum = out + a * outStride + rows.lowerBound
                        functions.add(sum, more + a * rows.count, rows.count, sum)
                    }
                }
            }
        }
        if let shifts = planes.shifts, let sums { add(shifts, planes, rows, sums, count: x.count, to: out, outStride) }
    }

    /// Adds each span's shift times the sum of its activations, group after group.
    private func add(
        _ shifts: UnsafePointer<UInt16>, _ planes: PlaneRows, _ rows: Range<Int>, _ sums: UnsafePointer<Float>, count: Int,
        to out: UnsafeMutablePointer<Float>, _ outStride: Int
    ) {
        let spans = IntegerBits.spans(width: planes.width), size = IntegerBits.groupScales(width: planes.width)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { scratch in
            guard let wide = scratch.baseAddress else { return }
            for first in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: IntegerBits.group) {
                functions.widen_f16(shifts + first / IntegerBits.group * size, size, wide)
                addProducts(
                    StridedFloats(sums, rowStep: spans), rows: count, wide, bStride: IntegerBits.group, depth: spans, to: out + first,
                    cStride: outStride, columns: min(IntegerBits.group, rows.upperBound - first))
            }
        }
    }

    private func multiply(
        _ pass: IntegerRows, _ rows: Range<Int>, _ x: tern_spanned, into out: UnsafeMutablePointer<Float>, _ outStride: Int
    ) {
        withUnsafePointer(to: pass.view) { table in
            withUnsafePointer(to: x) { functions.product_integers(table, rows.lowerBound, rows.count, $0, out, outStride) }
        }
    }

    /// The sums of each span's activations, as they were quantised, if they are wanted.
    private func withSums(of x: tern_spanned, spans: Int, wanted: Bool, _ body: (UnsafePointer<Float>?) -> Void) {
        guard wanted else { return body(nil) }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, spans * x.count)) { sums in
            // `sums` are those of the integers times -128.
            for index in 0..<spans * x.count { sums[index] = Float(x.sums[index]) * (-1 / 128) * x.scales[index] }
            body(sums.baseAddress.map { UnsafePointer($0) })
        }
    }

    /// Row `row` of the matrix as floats.
    public func widen(_ planes: PlaneRows, row: Int, into w: UnsafeMutablePointer<Float>) {
        widen(planes.passes[0], row: row, into: w)
        guard planes.passes.count > 1 || planes.shifts != nil else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: planes.width) { scratch in
            guard let more = scratch.baseAddress else { return }
            for pass in planes.passes.dropFirst() {
                widen(pass, row: row, into: more)
                functions.add(w, more, planes.width, w)
            }
            guard let shifts = planes.shifts else { return }
            let (group, place) = row.quotientAndRemainder(dividingBy: IntegerBits.group)
            let own = shifts + group * IntegerBits.groupScales(width: planes.width) + place
            var shift: Float = 0
            for column in 0..<planes.width {
                if column % IntegerBits.span == 0 { functions.widen_f16(own + column / IntegerBits.span * IntegerBits.group, 1, &shift) }
                w[column] += shift
            }
        }
    }
}
