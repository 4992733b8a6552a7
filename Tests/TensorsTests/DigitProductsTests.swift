import Tensors
import Testing

/// Products by digits, at every kernel level, against sums in doubles.
@Suite struct DigitProductsTests {
    private struct Case {
        let rows: Int, columns: Int, width: Int
        let g: [Float]
        let stride: Int

        init(rows: Int, columns: Int, width: Int, outlier: Bool, seed: UInt64) {
            var random = Random(seed: seed)
            (self.rows, self.columns, self.width, stride) = (rows, columns, width, columns + 3)
            g = (0..<rows * (columns + 3)).map { $0 % 97 == 5 && outlier ? 1000 * random.normal() : random.normal() }
        }

        func floats(_ start: UnsafePointer<Float>) -> DigitProducts.Floats {
            DigitProducts.Floats(start, rows: rows, columns: columns, stride: stride)
        }
    }

    private static let cases = [
        (1, 1, 1), (4, 4, 16), (5, 3, 17), (33, 66, 100), (64, 48, 48), (130, 37, 257), (7, 300, 515), (40, 40, 33),
    ].flatMap { size in [false, true].map { Case(rows: size.0, columns: size.1, width: size.2, outlier: $0, seed: 7) } }

    private func expectClose(_ found: [Float], _ expected: [Double], _ what: String) {
        let error = zip(found, expected).reduce(0.0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }.squareRoot()
        let size = expected.reduce(0.0) { $0 + $1 * $1 }.squareRoot()
        #expect(error <= 0x1p-12 * size + 1e-9, "\(what): \(error) of \(size)")
    }

    private func codes(_ rows: Int, _ width: Int) -> (codes: [UInt8], trits: [[Double]]) {
        var random = Random(seed: 9)
        let trits = (0..<rows).map { _ in (0..<width).map { _ in Int(random.next() % 3) } }
        let codes = trits.flatMap { row in
            stride(from: 0, to: width, by: 4).map { from in
                (0..<4).reduce(UInt8(0)) { $0 | UInt8(from + $1 < width ? row[from + $1] : 1) << UInt8(2 * $1) }
            }
        }
        return (codes, trits.map { $0.map { Double($0) - 1 } })
    }

    @Test(arguments: KernelLevel.allCases.filter(\.isAvailable)) func `products with trits`(_ level: KernelLevel) {
        for (index, example) in Self.cases.enumerated() {
            let (codes, trits) = codes(example.columns, example.width), stride = example.width + 1
            let results = [1, 3].map { threads in
                var c = [Float](repeating: 0.5, count: example.rows * stride)
                example.g.withUnsafeBufferPointer { g in
                    codes.withUnsafeBufferPointer { codes in
                        guard let g = g.baseAddress, let codes = codes.baseAddress else { return }
                        DigitProducts(kernels: .at(level), threads: ThreadPool(threads: threads))
                            .add(example.floats(g), codes: codes, width: example.width, factor: 0.25, to: &c, stride: stride)
                    }
                }
                return c
            }
            let expected = (0..<example.rows * stride).map { place -> Double in
                let (row, i) = (place / stride, place % stride)
                guard i < example.width else { return 0.5 }
                var sum = 0.0
                for column in 0..<example.columns { sum += Double(example.g[row * example.stride + column]) * trits[column][i] }
                return 0.5 + 0.25 * sum
            }
            #expect(results[0] == results[1])
            expectClose(results[0], expected, "case \(index)")
        }
    }

    @Test(arguments: KernelLevel.allCases.filter(\.isAvailable)) func `products with activations`(_ level: KernelLevel) {
        for (index, example) in Self.cases.enumerated() {
            let memory = AlignedMemory(byteCount: QuantisedRows.bytes(width: example.width) * example.rows)
            guard let base = memory.bytes.baseAddress else { continue }
            let x = QuantisedRows(width: example.width, capacity: example.rows, memory: base)
            var random = Random(seed: 3)
            for row in 0..<example.rows {
                let values = (0..<example.width).map { _ in Float(row + 1) * random.normal() }
                values.withUnsafeBufferPointer { if let start = $0.baseAddress { x.quantise(start, row: row, kernels: .at(.scalar)) } }
            }
            let results = [1, 3].map { threads in
                var c = [Float](repeating: 0, count: example.columns * example.width)
                example.g.withUnsafeBufferPointer { g in
                    guard let g = g.baseAddress else { return }
                    DigitProducts(kernels: .at(level), threads: ThreadPool(threads: threads))
                        .add(transposed: example.floats(g), x, to: &c, stride: example.width)
                }
                return c
            }
            let rows = (0..<example.rows).map { x.values($0) }
            let expected = (0..<example.columns * example.width).map { place -> Double in
                let (o, i) = (place / example.width, place % example.width)
                var sum = 0.0
                for row in 0..<example.rows { sum += Double(example.g[row * example.stride + o]) * Double(rows[row][i]) }
                return sum
            }
            #expect(results[0] == results[1])
            expectClose(results[0], expected, "case \(index)")
        }
    }

    @Test func `every level gives the same bits`() {
        let levels = KernelLevel.allCases.filter(\.isAvailable)
        for example in Self.cases {
            let (codes, _) = codes(example.columns, example.width)
            let results = levels.map { level in
                var c = [Float](repeating: 1, count: example.rows * example.width)
                example.g.withUnsafeBufferPointer { g in
                    codes.withUnsafeBufferPointer { codes in
                        guard let g = g.baseAddress, let codes = codes.baseAddress else { return }
                        DigitProducts(kernels: .at(level), threads: ThreadPool(threads: 1))
                            .add(example.floats(g), codes: codes, width: example.width, factor: 3, to: &c, stride: example.width)
                    }
                }
                return c
            }
            for result in results { #expect(result == results[0]) }
        }
    }

    @Test func `a NaN and an infinity come out`() {
        for bad in [Float.nan, .infinity] {
            var g: [Float] = [1, 2, 3, 4, 5, bad], c = [Float](repeating: 0, count: 2 * 4)
            let codes: [UInt8] = [0b10_10_10_10, 0b10_10_10_10, 0b10_10_10_10]
            DigitProducts(kernels: .best, threads: ThreadPool(threads: 1))
                .add(DigitProducts.Floats(&g, rows: 2, columns: 3, stride: 3), codes: codes, width: 4, factor: 1, to: &c, stride: 4)
            #expect(c[..<4].allSatisfy { abs($0 - 6) < 1e-3 } && c[4...].allSatisfy { !$0.isFinite })
        }
    }
}
