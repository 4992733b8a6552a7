import Tensors
import Testing

@Suite struct RandomTests {
    /// From the authors' splitmix64.c with the seed 1234567.
    @Test func splitMixGivesThePublishedNumbers() {
        var mixer = SplitMix(state: 1_234_567)
        #expect((0..<3).map { _ in mixer.next() } == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
    }

    /// From the authors' xoshiro256starstar.c with the state 1, 2, 3, 4.
    @Test func generatorGivesThePublishedNumbers() {
        var random = Random(state: (1, 2, 3, 4))
        let expected: [UInt64] = [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360]
        #expect((0..<5).map { _ in random.next() } == expected)
    }

    @Test func uniformNumbersFillTheIntervalFromZeroBelowOne() {
        var random = Random(seed: 1)
        let values = (0..<100_000).map { _ in random.uniform() }
        #expect(values.allSatisfy { 0 <= $0 && $0 < 1 })
        #expect(abs(values.reduce(0.0) { $0 + Double($1) } / 100_000 - 0.5) < 0.005)
        #expect((0..<16).allSatisfy { part in values.contains { Int($0 * 16) == part } })
    }

    @Test func normalNumbersHaveMeanZeroAndVarianceOne() {
        var random = Random(seed: 2)
        let values = (0..<100_000).map { _ in Double(random.normal()) }
        #expect(abs(values.reduce(0, +) / 100_000) < 0.02)
        #expect(abs(values.reduce(0) { $0 + $1 * $1 } / 100_000 - 1) < 0.02)
    }

    @Test func aCopyGoesOnAlikeAndAnotherSeedDoesNot() {
        var random = Random(seed: 3)
        _ = random.normal()
        var copy = random
        #expect((0..<10).map { _ in random.normal() } == (0..<10).map { _ in copy.normal() })
        var other = Random(seed: 4)
        #expect(random.next() != other.next())
    }
}
