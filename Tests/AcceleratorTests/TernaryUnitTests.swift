import Accelerator
import Testing

@Suite struct TernaryUnitTests {
    @Test func `a matrix takes a word a tile, ragged ones too`() {
        let unit = TernaryUnit(lanes: 8, columns: 4, packing: .fives, latency: 5)
        #expect(unit.tiles(rows: 9, width: 17) == 3 * 3)
        #expect(unit.cycles(rows: 9, width: 17) == 9 + 5)
        #expect(unit.wordBytes == 7)
    }
}
