import CTernKernels

/// Kernels of tables of integers.
extension Kernels {
    /// out[a * outStride + r] = row r of the table . row a of x, `stride` floats apart: every row of x is quantised once, then all rows
    /// of the table meet all of them.
    public func product(
        _ table: IntegerRows, _ x: UnsafePointer<Float>, stride: Int, count: Int, into out: UnsafeMutablePointer<Float>, outStride: Int,
        _ threads: ThreadPool
    ) {
        let width = table.view.width, rowBytes = tern_integer_bytes(width, table.view.bits)
        withSpans(x, width: width, stride: stride, count: count) { spanned in
            threads.parallel(table.view.rows, grain: max(1, 65536 / (rowBytes * count))) { part in
                withUnsafePointer(to: table.view) { table in
                    withUnsafePointer(to: spanned) {
                        functions.product_integers(table, part.lowerBound, part.count, $0, out + part.lowerBound, outStride)
                    }
                }
            }
        }
    }

    private func withSpans(_ x: UnsafePointer<Float>, width: Int, stride: Int, count: Int, _ body: (tern_spanned) -> Void) {
        let spans = IntegerBits.spans(width: width), values = spans * IntegerBits.span
        // Values, then scales, then sums: a multiple of 64 bytes each, so that no load crosses a line of the cache.
        let scaleBytes = (count * spans * 4 + 63) / 64 * 64
        withUnsafeTemporaryAllocation(byteCount: count * values + scaleBytes + count * spans * 64, alignment: 64) { memory in
            guard let base = memory.baseAddress else { return }
            let q = base.assumingMemoryBound(to: Int8.self)
            let scales = (base + count * values).assumingMemoryBound(to: Float.self)
            let sums = (base + count * values + scaleBytes).assumingMemoryBound(to: Int32.self)
            for a in 0..<count {
                functions.quantise_spans(x + a * stride, width, q + a * values, scales + a * spans, sums + a * spans * 16)
            }
            body(tern_spanned(values: q, scales: scales, sums: sums, count: count))
        }
    }

    /// A row of a table of integers from floats that are no NaN.
    public func narrow(
        _ w: UnsafePointer<Float>, width: Int, bits: IntegerBits, codes: UnsafeMutablePointer<UInt8>, scales: UnsafeMutablePointer<UInt16>
    ) {
        functions.narrow_integers(w, width, UInt32(bits.rawValue), codes, scales)
    }

    /// Row `row` of a table of integers as floats.
    public func widen(_ table: IntegerRows, row: Int, into w: UnsafeMutablePointer<Float>) {
        let view = table.view, spans = IntegerBits.spans(width: view.width)
        functions.widen_integers(
            view.codes + row * tern_integer_bytes(view.width, view.bits), view.scales + row * spans, view.width, view.bits, w)
    }

    /// A table of integers from rows of stored floats, none of them NaN: its codes and its scales.
    public func narrow(
        _ rows: UnsafeRawBufferPointer, element: ElementType, columns: Int, bits: IntegerBits, codes: UnsafeMutableRawBufferPointer,
        scales: UnsafeMutableRawBufferPointer, _ threads: ThreadPool
    ) {
        guard columns > 0, let source = rows.baseAddress, let codes = codes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let scales = scales.baseAddress?.assumingMemoryBound(to: UInt16.self)
        else { return }
        let stride = columns * element.size, spans = IntegerBits.spans(width: columns), rowBytes = bits.rowBytes(width: columns)
        threads.parallel(rows.count / stride, grain: max(1, 65536 / stride)) { part in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { buffer in
                guard let floats = buffer.baseAddress else { return }
                for row in part where widen(source + row * stride, element: element, count: columns, into: floats) {
                    narrow(floats, width: columns, bits: bits, codes: codes + row * rowBytes, scales: scales + row * spans)
                }
            }
        }
    }
}
