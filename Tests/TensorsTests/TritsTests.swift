import Basis
import Tensors
import Testing

@Suite struct TritsTests {
    @Test func codesStandLowestBitsFirstAndRowsAreFilledWithOne() {
        #expect(Trits.pack([-1, 0, 1, 1]) == [0b10_10_01_00])
        #expect(Trits.pack([1]) == [0b01_01_01_10])
        #expect(Trits.pack([]) == [])
        #expect([0, 1, 4, 5, 256].map(Trits.rowBytes) == [0, 1, 1, 2, 64])
    }

    @Test(arguments: widths) func whatIsPackedUnpacksTheSame(width: Int) {
        var random = Random(seed: UInt64(width))
        let values = randomTrits(width, &random)
        #expect(Trits.unpack(Trits.pack(values), width: width) == values)
    }

    @Test(arguments: widths) func countsAreThoseOfTheValues(width: Int) throws {
        var random = Random(seed: UInt64(width))
        let rows = (0..<3).map { _ in randomTrits(width, &random) }
        let values = rows.flatMap { $0 }
        let counts = try rows.flatMap(Trits.pack).withUnsafeBytes { try Trits.counts($0, rows: 3, width: width) }
        func count(_ value: Int8) -> Int { values.count(where: { $0 == value }) }
        #expect(counts == TritCounts(minus: count(-1), zero: count(0), plus: count(1)))
    }

    @Test func entropyIsThatOfTheFrequencies() {
        #expect(abs(TritCounts(minus: 5, zero: 5, plus: 5).entropy - 1.584962500721156) < 1e-12)
        #expect(TritCounts(minus: 1, zero: 2, plus: 1).entropy == 1.5)
        #expect(TritCounts(zero: 9).entropy == 0)
        #expect(TritCounts().entropy == 0)
    }

    @Test(arguments: widths) func aCodeThreeIsFoundWhereverItStands(width: Int) throws {
        var random = Random(seed: UInt64(width))
        var bytes = (0..<3).flatMap { _ in Trits.pack(randomTrits(width, &random)) }
        try check(bytes, rows: 3, width: width)
        let rowBytes = Trits.rowBytes(width: width)
        for (row, column) in [(0, 0), (1, width / 2), (2, width - 1)] {
            let (index, before) = (row * rowBytes + column / 4, bytes)
            bytes[index] |= 3 << (2 * (column % 4))
            #expect(throws: Failure("a trit has code 3, row \(row), column \(column)")) { try check(bytes, rows: 3, width: width) }
            bytes = before
        }
    }

    @Test(arguments: [1, 2, 3, 63, 257]) func fillingMustBeCodeOne(width: Int) throws {
        let rows = (0..<2).flatMap { _ in Trits.pack([Int8](repeating: 1, count: width)) }
        for place in width % 4..<4 {
            for flip in [UInt8(1), 3] {
                var bytes = rows
                bytes[bytes.count - 1] ^= flip << (2 * place)
                #expect(throws: Failure("row 1 of trits is not filled up with code 1")) { try check(bytes, rows: 2, width: width) }
            }
        }
    }

    @Test func sizesThatDoNotFitAreRefused() {
        #expect(throws: Failure("2 rows of 5 trits are not 3 bytes")) { try check([1, 1, 1], rows: 2, width: 5) }
        #expect(throws: Failure.self) { try check([], rows: Int.max, width: Int.max) }
        #expect(throws: Failure.self) { try check([], rows: -1, width: 4) }
        #expect(throws: Failure.self) { try check([], rows: 1 << 40, width: -4) }
    }

    private func check(_ bytes: [UInt8], rows: Int, width: Int) throws {
        try bytes.withUnsafeBytes { try Trits.validate($0, rows: rows, width: width) }
    }
}
