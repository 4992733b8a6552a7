import Basis
import Tensors
import Testing

/// Five trits a byte, by the words of the format's page.
func naiveFives(_ trits: [Int8]) -> [UInt8] {
    stride(from: 0, to: trits.count, by: 5).map { first in
        var byte: UInt8 = 0
        for place in (first..<first + 5).reversed() {
            let digit: UInt8 = place < trits.count ? UInt8(trits[place] + 1) : 1
            byte = byte * 3 + digit
        }
        return byte
    }
}

@Suite struct FivesTests {
    static let widths = Array(1...11) + [319, 320, 321, 325, 331, 332, 333, 640, 653, 2560]

    @Test func theFirstColumnIsTheLowestDigit() {
        #expect(naiveFives([1, -1, 0, 1, -1]) == [2 + 0 + 9 + 54 + 0])
        #expect(naiveFives([-1]) == [0 + 3 + 9 + 27 + 81])
        #expect([0, 1, 5, 6, 2560].map(Fives.rowBytes) == [0, 1, 1, 2, 512])
    }

    @Test(arguments: KernelLevel.available, widths) func bothDirectionsEqualTheNaiveOnes(level: KernelLevel, width: Int) throws {
        var random = Random(seed: UInt64(width))
        let rows = (0..<3).map { _ in randomTrits(width, &random) }
        let codes = Guarded(rows.flatMap(Trits.pack)), fives = Guarded(rows.flatMap(naiveFives))
        let codeCount = 3 * Trits.rowBytes(width: width), count = 3 * Fives.rowBytes(width: width)
        let packed = written(count, poison: UInt8(255)) {
            Kernels.at(level).packFives(
                UnsafeRawBufferPointer(start: codes.start, count: codeCount), width: width,
                into: UnsafeMutableRawBufferPointer(start: $0, count: count))
        }
        #expect(!packed.strayed && packed.values == fives.values(count))
        let unpacked = written(codeCount, poison: UInt8(255)) { target in
            let bytes = UnsafeRawBufferPointer(start: fives.start, count: count)
            let buffer = UnsafeMutableRawBufferPointer(start: target, count: codeCount)
            #expect(throws: Never.self) { try Kernels.at(level).unpackFives(bytes, width: width, into: buffer) }
        }
        #expect(!unpacked.strayed && unpacked.values == codes.values(codeCount))
    }

    @Test(arguments: KernelLevel.available) func everyByteThatStandsForTritsIsRight(level: KernelLevel) throws {
        let bytes = Array(UInt8(0)...242)
        let trits = bytes.flatMap { byte in [1, 3, 9, 27, 81].map { Int8(Int(byte) / $0 % 3) - 1 } }
        #expect(naiveFives(trits) == bytes)
        #expect(try unpacked(bytes, width: trits.count, level) == Trits.pack(trits))
    }

    @Test(arguments: KernelLevel.available, widths) func bytesThatStandForNothingAreRefused(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width))
        let fives = (0..<2).flatMap { _ in naiveFives(randomTrits(width, &random)) }
        for at in fives.indices where at < 70 || at > fives.count - 70 {
            for byte in [243, 255] as [UInt8] {
                var bad = fives
                bad[at] = byte
                #expect(throws: Failure("a byte is \(byte), which stands for no five trits")) { try unpacked(bad, width: width, level) }
            }
        }
    }

    @Test(arguments: KernelLevel.available, widths) func fillingMustBeCodeOne(level: KernelLevel, width: Int) {
        var random = Random(seed: UInt64(width))
        let row = randomTrits(width, &random)
        for place in width..<(width + 4) / 5 * 5 {
            for value in [-1, 1] as [Int8] {
                let filled = naiveFives(row + [Int8](repeating: 0, count: place - width) + [value])
                for rows in [naiveFives(row) + filled, filled + naiveFives(row)] {
                    #expect(throws: Failure("a row of trits is not filled up with code 1")) { try unpacked(rows, width: width, level) }
                }
            }
        }
    }

    private func unpacked(_ fives: [UInt8], width: Int, _ level: KernelLevel) throws -> [UInt8] {
        var codes = [UInt8](repeating: 0xff, count: fives.count / Fives.rowBytes(width: width) * Trits.rowBytes(width: width))
        try fives.withUnsafeBytes { fives in
            try codes.withUnsafeMutableBytes { try Kernels.at(level).unpackFives(fives, width: width, into: $0) }
        }
        return codes
    }
}
