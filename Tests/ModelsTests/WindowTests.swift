import Basis
import Models
import Testing

/// Attention to the last tokens only.
@Suite struct WindowTests {
    private static func sample(window: Int) -> Sample {
        Sample(Attention(heads: 6, keyValueHeads: 2, width: 36, window: window), .floats(216), .floats(72), .floats(72))
    }

    private func size(_ values: [Float]) -> Float { values.map(abs).max() ?? 0 }

    /// The oracle knows no windows: it is given no other tokens.
    @Test(arguments: [1, 2, 16, 63, 64, 65, 100, 1000])
    func aTokenSeesWhatItWouldSeeInATextOfTheLastTokens(_ window: Int) throws {
        let windowed = try Bench(Self.sample(window: window), rows: 150, seed: 21).run().output
        let bench = Bench(Self.sample(window: 0), rows: 150, seed: 21)
        for row in 0..<150 {
            let alone = try bench.run(rows: max(0, row + 1 - window)..<row + 1).output.last ?? []
            #expect(size(zip(alone, windowed[row]).map { $0 - $1 }) <= 1e-5 * size(alone), "row \(row)")
        }
    }

    @Test func aWindowLongerThanTheTextIsNone() throws {
        let all = try Bench(Self.sample(window: 0), rows: 150, seed: 22).run().output
        #expect(try Bench(Self.sample(window: 150), rows: 150, seed: 22).run().output == all)
        #expect(try Bench(Self.sample(window: 149), rows: 150, seed: 22).run().output != all)
    }

    /// Sixteen rows that branch off one text: their windows reach back over the text, not over each other.
    @Test(arguments: [1, 2, 16, 1000]) func branchesSeeTheirOwnPastOnly(_ window: Int) throws {
        let bench = Bench(Self.sample(window: window), rows: 60, seed: 23)
        var forest = Forest()
        forest.add(text: bench.tokens[..<12])
        for row in 12..<60 { forest.add(bench.tokens[row], after: row < 28 ? 3 : row - 16) }
        let grown = try bench.grow(forest)
        for row in 12..<60 {
            let path = try bench.run(rows: forest.path(to: row)).output.last ?? []
            #expect(size(zip(path, grown[row]).map { $0 - $1 }) <= 1e-5 * size(path), "row \(row)")
        }
    }

    /// Graphs that were written when there were none, or with a 0.
    @Test func graphsThatNameNoWindowHaveNone() throws {
        var attributes: JSONObject = ["heads": 6, "key-value-heads": 2, "width": 36]
        let plain = Attention(heads: 6, keyValueHeads: 2, width: 36)
        #expect(try Attention(attributes: AttributeReader(attributes)) == plain)
        #expect(plain.attributes == attributes)
        attributes["window"] = 0
        #expect(try Attention(attributes: AttributeReader(attributes)) == plain)
        attributes["window"] = -1
        #expect(throws: Failure.self) { try Attention(attributes: AttributeReader(attributes)) }
    }

    @Test func whatATokenCostsStopsGrowing() {
        let sample = Self.sample(window: 16)
        let cost = { sample.operation.cost(sample.inputs, past: $0) }
        #expect(cost(14) != cost(15) && cost(15) == cost(16) && cost(16) == cost(10000))
    }
}
