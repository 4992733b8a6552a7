import Glibc
import Measuring
import Tensors
import Testing

/// The statistics of comparisons, on samples made up so that the truth is known.
@Suite struct PairedRatioTests {
    /// Rates whose ratio is `ratio` but for noise: its logarithm is normal, and one pair in eight is hit by something large.
    private func pairs(_ count: Int, ratio: Double, noise: Double, bursts: Double = 0, _ random: inout Random) -> [(a: Double, b: Double)] {
        (0..<count).map { _ in
            let burst = random.next() % 8 == 0 ? bursts * Double(random.normal()) : 0
            return (100 * ratio * exp(noise * Double(random.normal()) + burst), 100)
        }
    }

    @Test(arguments: [0.0, 1.0]) func `the interval holds the truth as often as it says`(_ bursts: Double) throws {
        var random = Random(seed: 1), held = 0
        let trials = 4000
        for _ in 0..<trials {
            let ratio = try #require(PairedRatio(pairs(12, ratio: 1.3, noise: 0.05, bursts: bursts, &random)))
            if ratio.lower <= 1.3, 1.3 <= ratio.upper { held += 1 }
        }
        // The rank is whole, so that the confidence is a little more than asked for; five deviations of the count are left as room.
        let share = Double(held) / Double(trials), room = 5 * (0.01 * 0.99 / Double(trials)).squareRoot()
        #expect(share > PairedRatio.confidence - room && share < 0.9999)
    }

    @Test func `a difference is found, and its size`() throws {
        var random = Random(seed: 2)
        let faster = try #require(PairedRatio(pairs(12, ratio: 1.3, noise: 0.03, bursts: 0.5, &random)))
        #expect(faster.verdict == .faster && abs(faster.estimate - 1.3) < 0.05 && faster.lower > 1.1 && faster.upper < 1.6)
        let slower = try #require(PairedRatio(pairs(12, ratio: 0.7, noise: 0.03, &random)))
        #expect(slower.verdict == .slower && abs(slower.estimate - 0.7) < 0.05)
    }

    @Test func `a quiet machine says that things are the same, a noisy one that it cannot tell`() throws {
        var random = Random(seed: 3)
        #expect(try #require(PairedRatio(pairs(12, ratio: 1, noise: 0.01, &random))).verdict == .same)
        #expect(try #require(PairedRatio(pairs(12, ratio: 1, noise: 0.3, &random))).verdict == .undecided)
        #expect(try #require(PairedRatio(pairs(300, ratio: 1, noise: 0.1, &random))).verdict == .same, "more pairs make up for noise")
    }

    @Test func `the estimate of pairs without noise is their ratio, and sides can be changed`() throws {
        let exact = try #require(PairedRatio([(a: Double, b: Double)](repeating: (30, 20), count: 8)))
        #expect(abs(exact.estimate - 1.5) < 1e-12 && abs(exact.lower - 1.5) < 1e-12 && abs(exact.upper - 1.5) < 1e-12)
        var random = Random(seed: 4)
        let forth = pairs(11, ratio: 1.1, noise: 0.2, &random), back = forth.map { (a: $0.b, b: $0.a) }
        let (a, b) = (try #require(PairedRatio(forth)), try #require(PairedRatio(back)))
        #expect(abs(a.estimate * b.estimate - 1) < 1e-9 && abs(a.lower * b.upper - 1) < 1e-9 && abs(a.upper * b.lower - 1) < 1e-9)
    }

    /// Of eight signs all are the same in 2 of 256 ways, 0.8 %: the interval reaches from the smallest to the largest logarithm. Of nine,
    /// a sum of ranks of 0 or 1 at either end comes in 4 of 512.
    @Test func `with few pairs the interval is what the table of the test says`() throws {
        let logs = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28]
        let eight = try #require(PairedRatio(logs.map { (exp($0), 1) }))
        #expect(abs(log(eight.lower) - 0.01) < 1e-9 && abs(log(eight.upper) - 1.28) < 1e-9)
        let nine = try #require(PairedRatio((logs + [2.56]).map { (exp($0), 1) }))
        #expect(abs(log(nine.lower) - 0.015) < 1e-9 && abs(log(nine.upper) - (1.28 + 2.56) / 2) < 1e-9)
    }

    @Test func `too few pairs and rates that are none give nothing`() {
        #expect(PairedRatio([(a: Double, b: Double)](repeating: (1, 1), count: 7)) == nil)
        #expect(PairedRatio([(a: Double, b: Double)](repeating: (1, 1), count: 301)) == nil)
        for bad in [0, -1, Double.nan, .infinity] {
            #expect(PairedRatio([(a: Double, b: Double)](repeating: (1, 1), count: 8) + [(bad, 1)]) == nil)
        }
    }
}
