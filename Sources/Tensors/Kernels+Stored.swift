/// Kernels over stored tensors of any float type.
extension Kernels {
    /// The stored floats as Float; nil unless they are floats.
    public func floats(_ bytes: UnsafeRawBufferPointer, element: ElementType) -> [Float]? {
        let count = bytes.count / element.size
        guard element.isFloat, count > 0, let start = bytes.baseAddress else { return element.isFloat ? [] : nil }
        return [Float](unsafeUninitializedCapacity: count) { values, initialized in
            guard let base = values.baseAddress, widen(start, element: element, count: count, into: base) else { return }
            initialized = count
        }
    }

    /// Sum of |w| over all stored floats, the same for every number of threads; nil unless they are floats. NaN and infinity show in it.
    public func sumOfMagnitudes(_ bytes: UnsafeRawBufferPointer, element: ElementType, _ threads: ThreadPool) -> Double? {
        guard element.isFloat else { return nil }
        let count = bytes.count / element.size, part = 1 << 20
        let parts = (count + part - 1) / part
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, parts)) { sums in
            threads.parallel(parts) { range in
                for index in range {
                    let start = index * part, length = min(part, count - start)
                    guard let base = bytes.baseAddress else { return }
                    sums[index] = sumOfMagnitudes(base + start * element.size, element: element, count: length) ?? .nan
                }
            }
            return (0..<parts).reduce(0) { $0 + sums[$1] }
        }
    }

    /// Trit codes of rows of stored floats, clamp(round(w · scale), -1, 1) + 1; each row of codes on a byte of its own. No float is NaN.
    public func ternarise(
        _ rows: UnsafeRawBufferPointer, element: ElementType, columns: Int, scale: Float, codes: UnsafeMutableRawBufferPointer
    ) {
        let rowBytes = (columns + 3) / 4, stride = columns * element.size
        guard columns > 0, let source = rows.baseAddress, let target = codes.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
            return
        }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: columns) { row in
            guard let floats = row.baseAddress else { return }
            for index in 0..<min(rows.count / stride, codes.count / rowBytes) {
                guard widen(source + index * stride, element: element, count: columns, into: floats) else { return }
                _ = ternarise(floats, scale: scale, width: columns, into: target + index * rowBytes)
            }
        }
    }
}
