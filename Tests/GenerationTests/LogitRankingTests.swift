import Glibc
import Tensors
import Testing

import Generation

/// Choosing looks at few logits, and chooses as if it looked at all.
@Suite struct LogitRankingTests {
    private let counts = [1, 31, 32, 33, 100, 2048, 5000]

    /// Many equals among them.
    private func row(_ count: Int, _ random: inout Random) -> [Float] { (0..<count).map { _ in (random.normal() * 50).rounded() / 20 } }

    private func naive(_ row: [Float]) -> [Int32] {
        let numbers = row.indices.filter { !row[$0].isNaN }
        return numbers.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 }.map { Int32($0) }
    }

    @Test func theMostLikelyAreThoseOfASort() {
        var random = Random(seed: 1)
        let ranking = LogitRanking(.best)
        for count in counts {
            for round in 0..<4 {
                var row = row(count, &random)
                if round > 0 { for index in row.indices where index % (2 * round) == 1 { row[index] = round == 2 ? -.infinity : .nan } }
                let sorted = naive(row)
                row.withUnsafeBufferPointer { logits in
                    let largest = ranking.look(at: logits)
                    #expect(largest == row[Int(sorted[0])])
                    #expect(ranking.first(largest, logits) == sorted[0])
                    for rank in [1, 2, 40, 63, 500, 6000] {
                        #expect(ranking.mostLikely(rank, logits).map(\.token) == Array(sorted.prefix(rank)), "\(rank) of \(count)")
                    }
                }
            }
        }
    }

    /// The steps of sampling one after the other over all tokens, in doubles.
    private func naiveChoice(_ row: [Float], _ options: SamplingOptions, _ uniform: Double) -> Int32 {
        var tokens = naive(row)
        let largest = Double(row[Int(tokens[0])])
        func weight(_ token: Int32) -> Double { exp((Double(row[Int(token)]) - largest) / options.temperature) }
        if options.topK > 0 { tokens = Array(tokens.prefix(options.topK)) }
        let enough = options.topP * tokens.reduce(0) { $0 + weight($1) }
        var sum = 0.0
        if options.topP < 1 { tokens = Array(tokens.prefix { token in
            defer { sum += weight(token) }
            return sum < enough
        }) }
        tokens = tokens.filter { weight($0) >= options.minP }
        if options.topK == 0, options.topP == 1 { tokens.sort() }
        var rest = uniform * tokens.reduce(0) { $0 + weight($1) }
        return tokens.first {
            rest -= weight($0)
            return rest < 0
        } ?? tokens[tokens.count - 1]
    }

    @Test(arguments: [(0, 1.0, 0.0), (40, 0.95, 0), (0, 0.9, 0), (0, 0.999, 0.01), (0, 1, 0.05), (7, 1, 0.2), (6000, 0.5, 0)])
    func drawsAreThoseOfTheNaiveSteps(_ topK: Int, _ topP: Double, _ minP: Double) {
        var random = Random(seed: 2), options = SamplingOptions()
        (options.topK, options.topP, options.minP, options.seed) = (topK, topP, minP, 3)
        for temperature in [0.3, 1, 4] {
            options.temperature = temperature
            var sampler = Sampler(options, LogitRanking(.best)), uniforms = Random(seed: 3)
            for count in counts {
                for _ in 0..<10 {
                    let row = row(count, &random)
                    let token = row.withUnsafeBufferPointer { sampler.next($0, seen: []) }
                    #expect(token == naiveChoice(row, options, uniforms.uniformDouble()))
                }
            }
        }
    }

    @Test func extremesDoNoHarm() {
        let rows: [[Float]] = [[.infinity, 1, .infinity], [-.infinity, -.infinity], [.nan, 2, .nan], [3e38, -3e38], [.nan]]
        for temperature in [0, 1e-300, 1, 1e300] {
            for (topK, topP, minP) in [(0, 1.0, 0.0), (2, 0.9, 0), (0, 0.9, 0.1)] {
                var options = SamplingOptions()
                (options.temperature, options.topK, options.topP, options.minP) = (temperature, topK, topP, minP)
                var sampler = Sampler(options, LogitRanking(.best))
                let tokens = rows.map { row in row.withUnsafeBufferPointer { sampler.next($0, seen: []) } }
                #expect(tokens[0] == 0 && tokens[1] == 0 && tokens[2] == 1 && tokens[4] == 0)
                #expect(tokens[3] == 0 || (temperature == 1e300 && tokens[3] == 1))
            }
        }
    }
}
