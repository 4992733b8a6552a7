import CTernKernels

/// Kernels of tables of integers.
extension Kernels {
    /// out[a * outStride + r] = row r of the table . row a of x, `stride` floats apart: every row of x is quantised once, then all rows
    /// of the table meet all of them.
    public func product(
        _ table: IntegerRows, _ x: UnsafePointer<Float>, stride: Int, count: Int, into out: UnsafeMutablePointer<Float>, outStride: Int,
        _ threads: ThreadPool
    ) {
        let view = table.view, groupBytes = tern_integer_bytes(view.width, view.bits)
        withSpans(x, width: view.width, stride: stride, count: count) { spanned in
            threads.parallel(IntegerBits.groups(rows: view.rows), grain: max(1, 65536 / (groupBytes * count))) { part in
                let first = part.lowerBound * IntegerBits.group, rows = min(view.rows, part.upperBound * IntegerBits.group) - first
                withUnsafePointer(to: view) { table in
                    withUnsafePointer(to: spanned) { functions.product_integers(table, first, rows, $0, out + first, outStride) }
                }
            }
        }
    }

    func withSpans(_ x: UnsafePointer<Float>, width: Int, stride: Int, count: Int, _ body: (tern_spanned) -> Void) {
        let spans = IntegerBits.spans(width: width), values = spans * IntegerBits.span
        // Values, then scales, then sums, each from a new line of the cache on.
        let scaleBytes = (count * spans * 4 + 63) / 64 * 64
        withUnsafeTemporaryAllocation(byteCount: count * values + 2 * scaleBytes, alignment: 64) { memory in
            guard let base = memory.baseAddress else { return }
            let q = base.assumingMemoryBound(to: Int8.self)
            let scales = (base + count * values).assumingMemoryBound(to: Float.self)
            let sums = (base + count * values + scaleBytes).assumingMemoryBound(to: Int32.self)
            for a in 0..<count {
                functions.quantise_spans(x + a * stride, width, q + a * values, scales + a * spans, sums + a * spans)
            }
            body(tern_spanned(values: q, scales: scales, sums: sums, count: count))
        }
    }

    /// Row `row` of a group of a table of integers from floats that are no NaN.
    public func narrow(
        _ w: UnsafePointer<Float>, width: Int, bits: IntegerBits, row: Int, codes: UnsafeMutablePointer<UInt8>,
        scales: UnsafeMutablePointer<UInt16>
    ) {
        functions.narrow_integers(w, width, UInt32(bits.rawValue), row, codes, scales)
    }

    /// Row `row` of a group of a table of integers from as many rows of trit codes as there are planes, one after the other: the first
    /// ones count most.
    public func foldPlanes(
        _ codes: UnsafePointer<UInt8>, planes: Int, width: Int, bits: IntegerBits, row: Int, into table: UnsafeMutablePointer<UInt8>
    ) {
        functions.fold_planes(codes, planes, width, UInt32(bits.rawValue), row, table)
    }

    /// Row `row` of a table of integers as floats.
    public func widen(_ table: IntegerRows, row: Int, into w: UnsafeMutablePointer<Float>) {
        let view = table.view, (group, place) = row.quotientAndRemainder(dividingBy: IntegerBits.group)
        functions.widen_integers(
            view.codes + group * tern_integer_bytes(view.width, view.bits),
            view.scales + group * IntegerBits.groupScales(width: view.width), view.width, view.bits, place, w)
    }

    /// A table of integers from rows of stored floats, none of them NaN: its codes and its scales.
    public func narrow(
        _ rows: UnsafeRawBufferPointer, element: ElementType, columns: Int, bits: IntegerBits, codes: UnsafeMutableRawBufferPointer,
        scales: UnsafeMutableRawBufferPointer, _ threads: ThreadPool
    ) {
        guard columns > 0, let source = rows.baseAddress, let codes = codes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let scales = scales.baseAddress?.assumingMemoryBound(to: UInt16.self)
        else { return }
        let stride = columns * element.size, rowCount = rows.count / stride
        let groupBytes = bits.groupBytes(width: columns), groupScales = IntegerBits.groupScales(width: columns)
        threads.parallel(IntegerBits.groups(rows: rowCount), grain: max(1, 65536 / (stride * IntegerBits.group))) { part in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { buffer in
                guard let floats = buffer.baseAddress else { return }
                for row in part.lowerBound * IntegerBits.group..<part.upperBound * IntegerBits.group {
                    // The last group is filled up with zeros.
                    let isRow = row < rowCount && widen(source + row * stride, element: element, count: columns, into: floats)
                    if !isRow { floats.update(repeating: 0, count: columns) }
                    let (group, place) = row.quotientAndRemainder(dividingBy: IntegerBits.group)
                    narrow(
                        floats, width: columns, bits: bits, row: place, codes: codes + group * groupBytes,
                        scales: scales + group * groupScales)
                }
            }
        }
    }
}
