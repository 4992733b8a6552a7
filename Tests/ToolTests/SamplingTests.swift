import Basis
import Support
import Testing

/// How tokens are drawn.
@Suite struct SamplingTests {
    private static func tokens(_ options: [JSONObject]) throws -> [[Int32]] {
        let made = try Made.shakespeare, prompt = try made.golden.tokens("input_ids")
        return try answers(made.packed, options.map { options in
            var all: JSONObject = ["max_tokens": 32, "ignore_eos": true]
            for option in options.members { all[option.key] = option.value }
            return request(prompt, all)
        }).map(\.tokens)
    }

    @Test func `a seed gives the same answer again, and another one another`() throws {
        let found = try Self.tokens([1, 2, 3, 4, 1, 2, 3, 4].map { ["temperature": 1, "top_k": 0, "top_p": 1, "seed": .integer($0)] })
        #expect(found[..<4] == found[4...])
        #expect(Set(found).count == 4)
    }

    @Test func `the narrowest choice of each kind is the greedy one`() throws {
        let found = try Self.tokens([
            ["temperature": 0], ["temperature": 1, "top_k": 1], ["temperature": 1, "top_k": 0, "min_p": 1],
            ["temperature": 1, "top_k": 0, "top_p": 1e-9], ["temperature": 1e-6, "top_k": 0], ["temperature": 0, "seed": 9],
        ])
        for tokens in found { #expect(tokens == found[0]) }
    }

    @Test func `a wide choice at a high temperature leaves the greedy path`() throws {
        let found = try Self.tokens([["temperature": 0], ["temperature": 2, "top_k": 0, "top_p": 1]])
        #expect(found[0] != found[1])
    }

    @Test func `top-k 2 draws only from the two most likely tokens`() throws {
        let firsts = try Self.tokens((0..<40).map { ["temperature": 5, "top_k": 2, "top_p": 1, "seed": .integer($0), "max_tokens": 1] })
        #expect(Set(firsts).count == 2)
    }

    @Test func `a large repetition penalty never repeats a token of the prompt or the answer`() throws {
        let prompt = try Made.shakespeare.golden.tokens("input_ids")
        let found = try Self.tokens([["temperature": 0, "repetition_penalty": 1e6], ["temperature": 0]])
        #expect(Set(found[0]).count == 32 && Set(found[0]).isDisjoint(with: prompt))
        #expect(Set(found[1]).count < 32)
    }
}
