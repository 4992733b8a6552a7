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

    @Test(arguments: TritLayout.allCases) func rowsInLotsGiveTheMatrixOfAllAtOnce(layout: TritLayout) throws {
        let (rows, columns, pool) = (300, 333, ThreadPool(threads: 2))
        var random = Random(seed: 5)
        let codes = (0..<rows).flatMap { _ in Trits.pack(randomTrits(columns, &random)) }, rowBytes = Trits.rowBytes(width: columns)
        func matrix(_ lots: [Int], bad: Int? = nil) throws -> [UInt8] {
            var bytes = codes
            if let bad { bytes[bad * rowBytes] |= 3 }
            let matrix = try TernaryMatrix(rows: rows, columns: columns, layout: layout, kernels: .best, pool: pool) { take in
                var at = 0
                for lot in lots {
                    try bytes[at * rowBytes..<(at + lot) * rowBytes].withUnsafeBytes { try take($0) }
                    at += lot
                }
                return 1
            }
            return Array(UnsafeBufferPointer(start: matrix.trits, count: matrix.byteCount))
        }
        let whole = try matrix([rows])
        #expect(try matrix([128, 128, 44]) == whole && matrix([256, 44]) == whole)
        #expect(throws: Failure("it has 256 rows of 300")) { try matrix([256]) }
        #expect(throws: Failure("its rows come in a wrong number")) { try matrix([3, 297]) }
        #expect(throws: Failure("a trit has code 3, row 257, column 0")) { try matrix([128, 128, 44], bad: 257) }
    }
}
