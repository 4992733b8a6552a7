import Models
import Testing

import Generation

@Suite struct SamplerTests {
    private let logits: [Float] = [1, 3, 2, 3, -4, 0.5]

    /// How often each token is drawn.
    private func counts(_ options: SamplingOptions, draws: Int = 20000, seen: Set<Int32> = []) -> [Int] {
        var sampler = Sampler(options, LogitRanking(.best)), counts = [Int](repeating: 0, count: logits.count)
        for _ in 0..<draws { counts[Int(logits.withUnsafeBufferPointer { sampler.next($0, seen: seen) })] += 1 }
        return counts
    }

    private func options(_ change: (inout SamplingOptions) -> Void) -> SamplingOptions {
        var options = SamplingOptions()
        (options.temperature, options.topK, options.topP) = (1, 0, 1)
        change(&options)
        return options
    }

    private func softmax(temperature: Double = 1) -> [Double] {
        let weights = logits.map { Double($0) / temperature }.map { $0.exponential }
        return weights.map { $0 / weights.reduce(0, +) }
    }

    @Test func temperatureZeroTakesTheMostLikelyAndTheLowestAmongEquals() {
        #expect(counts(options { $0.temperature = 0 }, draws: 5) == [0, 5, 0, 0, 0, 0])
    }

    @Test(arguments: [0.5, 1.0, 2.0])
    func drawsFollowTheSoftmax(_ temperature: Double) {
        let drawn = counts(options { $0.temperature = temperature })
        for (count, share) in zip(drawn, softmax(temperature: temperature)) { #expect(abs(Double(count) / 20000 - share) < 0.015) }
    }

    @Test func topKLeavesTheMostLikelyOnes() {
        let drawn = counts(options { $0.topK = 3 })
        #expect(drawn[0] == 0 && drawn[4] == 0 && drawn[5] == 0)
        #expect(drawn[1] > 0 && drawn[2] > 0 && drawn[3] > 0)
        #expect(counts(options { $0.topK = 1 }, draws: 50) == [0, 50, 0, 0, 0, 0])
    }

    @Test func topPLeavesTheFewestThatReachIt() {
        // The two most likely tokens have 0.39 each, the third 0.14.
        #expect(counts(options { $0.topP = 0.3 }).count(where: { $0 > 0 }) == 1)
        #expect(counts(options { $0.topP = 0.7 }).count(where: { $0 > 0 }) == 2)
        #expect(counts(options { $0.topP = 0.85 }).count(where: { $0 > 0 }) == 3)
    }

    @Test func minPLeavesThoseNearTheMostLikely() {
        // exp(-1) = 0.37 for the third token.
        #expect(counts(options { $0.minP = 0.4 }).count(where: { $0 > 0 }) == 2)
        #expect(counts(options { $0.minP = 0.3 }).count(where: { $0 > 0 }) == 3)
    }

    @Test func theRepetitionPenaltyMakesSeenTokensLessLikely() {
        let greedy = options { ($0.temperature, $0.repetitionPenalty) = (0, 2) }
        #expect(counts(greedy, draws: 3, seen: [1]) == [0, 0, 0, 3, 0, 0])
        #expect(counts(greedy, draws: 3, seen: [1, 3]) == [0, 0, 3, 0, 0, 0])
        #expect(counts(options { $0.repetitionPenalty = 4 }, seen: [4])[4] < counts(options { _ in })[4])
    }

    @Test func aSeedGivesTheSameDrawsAndAnotherSeedOthers() {
        func draws(_ seed: UInt64) -> [Int32] {
            var sampler = Sampler(options { $0.seed = seed }, LogitRanking(.best))
            return (0..<50).map { _ in logits.withUnsafeBufferPointer { sampler.next($0, seen: []) } }
        }
        #expect(draws(1) == draws(1))
        #expect(draws(1) != draws(2))
    }

    @Test func logitsThatAreNoNumbersDoNoHarm() {
        var sampler = Sampler(SamplingOptions(), LogitRanking(.best))
        let bad = [Float](repeating: .nan, count: 100)
        #expect(bad.withUnsafeBufferPointer { sampler.next($0, seen: []) } == 0)
    }

    @Test func impossibleOptionsAreRefused() {
        let wrong: [(inout SamplingOptions) -> Void] = [
            { $0.temperature = -1 }, { $0.temperature = .nan }, { $0.topK = -1 }, { $0.topP = 0 }, { $0.topP = 1.1 }, { $0.minP = -0.1 },
            { $0.repetitionPenalty = 0 },
        ]
        for change in wrong { #expect(throws: (any Error).self) { try options(change).check() } }
    }
}
