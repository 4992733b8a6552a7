import Basis
import Tensors
import Testing

@Suite struct TernaryMatrixTests {
    @Test(arguments: KernelLevel.available, widths)
    func productsEqualTheNaiveOnesForEveryNumberOfThreads(level: KernelLevel, width: Int) throws {
        let (kernels, rows, count) = (Kernels.at(level), 301, width % 2 == 0 ? 3 : 19)
        var random = Random(seed: UInt64(width))
        let trits = (0..<rows).map { _ in randomTrits(width, &random) }
        let x = (0..<count).map { _ in randomFloats(width, &random) }
        let memory = Guarded([UInt8](repeating: 0xff, count: count * QuantisedRows.bytes(width: width)))
        let activations = QuantisedRows(width: width, capacity: count, memory: memory.start)
        for a in 0..<count { activations.quantise(x[a], row: a, kernels: kernels) }
        let expected = x.flatMap { row in
            let (values, inverse) = Naive.quantise(row)
            return trits.map { Float(Naive.dot($0, values)) * (inverse * 0.7) }
        }
        for (threads, layout) in [(1, TritLayout.pairs), (2, .pairs), (3, .pairs), (1, .triples), (2, .triples), (3, .triples)] {
            let pool = ThreadPool(threads: threads)
            let matrix = try trits.flatMap(Trits.pack).withUnsafeBytes {
                try TernaryMatrix(
                    copying: $0, rows: rows, columns: width, scale: 0.7, layout: layout, kernels: kernels, pool: pool)
            }
            let out = written(rows * count, poison: Float.nan) {
                matrix.multiply(activations, count: count, into: $0, outStride: rows, kernels: kernels, pool: pool)
            }
            #expect(!out.strayed && out.values == expected)
        }
    }

    @Test func borrowedRowsAreUsedWhereTheyLie() throws {
        let owner = Guarded(Trits.pack([Int8](repeating: 1, count: 512)))
        let bytes = UnsafeRawBufferPointer(start: owner.start, count: 128)
        let matrix = try #require(try TernaryMatrix(borrowing: bytes, of: owner, rows: 2, columns: 256, scale: 1))
        #expect(matrix.trits == UnsafePointer(owner.start))
        #expect(try TernaryMatrix(borrowing: bytes, of: owner, rows: 4, columns: 128, scale: 1) == nil)
    }

    @Test func badCodesAndSizesAreRefused() {
        let pool = ThreadPool(threads: 1)
        func load(_ bytes: [UInt8], rows: Int, columns: Int) throws {
            _ = try bytes.withUnsafeBytes {
                try TernaryMatrix(
                    copying: $0, rows: rows, columns: columns, scale: 1, layout: .pairs, kernels: .best, pool: pool)
            }
        }
        #expect(throws: Failure("a trit has code 3, row 1, column 2")) { try load([0x55, 0x75], rows: 2, columns: 4) }
        #expect(throws: Failure("2 rows of 4 trits are not 1 bytes")) { try load([0x55], rows: 2, columns: 4) }
        #expect(throws: Failure.self) { try load([], rows: 1, columns: 1 << 30) }
        #expect(throws: Failure.self) { try load([], rows: Int.max, columns: 0) }
    }
}
