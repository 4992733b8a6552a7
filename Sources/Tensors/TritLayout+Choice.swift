import Synchronization

/// Which layout a model's matrices take in memory.
///
/// Triples are read in five sixths of the time that pairs take, but cost a processor twice the work to unpack. So pairs are faster where
/// few threads have much memory bandwidth to themselves, triples where many share it: that depends on the machine, on the threads, and
/// on what else is running, and is measured. Results are the same.
extension TritLayout {
    /// The layout that so many bytes of pairs should take.
    public static func fastest(for byteCount: Int, kernels: Kernels, threads: ThreadPool) -> TritLayout {
        guard kernels.layout == .triples, byteCount > largestCache else { return kernels.layout }
        let read = 4 * readingRate(kernels, threads)
        let unpacked = unpackingRate(kernels) * Double(threads.threads)
        return read < 0.9 * unpacked ? .triples : .pairs
    }

    /// What no cache holds, and few milliseconds read.
    private static let largestCache = 64 << 20

    /// Bytes a second that all threads read from memory.
    private static func readingRate(_ kernels: Kernels, _ threads: ThreadPool) -> Double {
        let memory = AlignedMemory(byteCount: largestCache), part = 1 << 20
        func eachPart(_ body: (UnsafeMutableRawBufferPointer) -> Void) {
            threads.parallel(largestCache / part) { range in
                body(UnsafeMutableRawBufferPointer(rebasing: memory.bytes[range.lowerBound * part..<range.upperBound * part]))
            }
        }
        eachPart { $0.initializeMemory(as: UInt8.self, repeating: 0x55) }
        return Double(largestCache) / shortest(of: 3) { eachPart { use(kernels.read(UnsafeRawBufferPointer($0))) } }
    }

    /// Trits a second that one thread multiplies by, from triples in its cache.
    private static func unpackingRate(_ kernels: Kernels) -> Double {
        let rows = 256, width = 2304
        let trits = [UInt8](repeating: 0, count: TritLayout.triples.bytes(rows: rows, width: width) + TritLayout.triples.slack)
        let planes = [Int8](repeating: 1, count: width), sums: [Int32] = [0], scales: [Float] = [1]
        var out = [Float](repeating: 0, count: rows)
        let seconds = shortest(of: 20) {
            let x = ActivationRows(planes: planes, stride: width, sums: sums, scales: scales, count: 1)
            kernels.product(TritRows(trits, rows: rows, width: width, layout: .triples), 0..<rows, x, into: &out, outStride: rows)
        }
        return Double(rows * width) / seconds
    }

    private static func shortest(of rounds: Int, _ body: () -> Void) -> Double {
        (0..<rounds).map { _ in
            let (seconds, attoseconds) = ContinuousClock().measure(body).components
            return Double(seconds) + 1e-18 * Double(attoseconds)
        }.min() ?? 1
    }

    /// Something that reading could change, so that it is not left out.
    private static let seen = Atomic<UInt64>(0)
    private static func use(_ value: UInt64) { seen.store(value, ordering: .relaxed) }
}
