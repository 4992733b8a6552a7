import Accelerator
import Basis
import Tensors
import Testing

@Suite struct PackingTests {
    @Test(arguments: Packing.allCases.filter { $0 != .ideal })
    func `words unpack to what they were packed from`(_ packing: Packing) throws {
        var random = Random(seed: 7)
        for count in 1...70 {
            let trits = (0..<count).map { _ in Int8(random.next() % 3) - 1 }
            let word = try packing.packed(trits)
            #expect(word.count == TernaryUnit(lanes: count, packing: packing).wordBytes, "\(count) trits")
            #expect(packing.unpacked(word[...], count: count) == trits)
        }
    }

    @Test func `bits lie as documented`() throws {
        // 0 + 1·4 + 2·16 + 1·64; 2 + 0·3 + 1·9 + 1·27 + 2·81; 2 + 1·3 + 2·9 and 0 + 2·3 + 2·9 in five bits each.
        #expect(try Packing.pairs.packed([-1, 0, 1, 0, 1]) == [0x64, 2])
        #expect(try Packing.fives.packed([1, -1, 0, 0, 1]) == [200])
        #expect(try Packing.triples.packed([1, 0, 1, -1, 1, 1]) == [0x17, 0x03])
        #expect(try Packing.bytes.packed([-1, 1]) == [255, 1])
        #expect(throws: Failure.self) { try Packing.ideal.packed([0]) }
    }
}
