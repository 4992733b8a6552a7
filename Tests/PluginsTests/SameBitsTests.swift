import Models
import Support
import Tensors
import Testing

/// How a model is run changes no bit of what it says.
@Suite struct SameBitsTests {
    /// The other members of a batch: prompts of other lengths and contents.
    private static func others(_ vocabulary: Int) -> [[Int32]] {
        var random = Random(seed: 5)
        return [1, 2, 17, 40, 3, 9].map { length in (0..<length).map { _ in Int32(random.next() % UInt64(vocabulary)) } }
    }

    /// The logits of `tokens`, fed as member `place` of a batch with `others`.
    private static func logits(_ machine: Machine, _ tokens: [Int32], _ others: [[Int32]], place: Int) throws -> [[Float]] {
        var members = others
        members.insert(tokens, at: place)
        var feeds = members.map { Machine.Feed(machine.graph.session, $0[...], wanted: .all) }
        var rows: [[Float]] = []
        try machine.run(&feeds) { feed, _, row in if feed == place { rows.append(Array(row)) } }
        return rows
    }

    @Test(arguments: Golden.all) func `kernels, threads, batches and rewritings change no logit`(_ golden: Golden) throws {
        let tokens = try golden.tokens("input_ids")
        let expected = try Traced(golden.model, kernels: .at(.scalar)).trace(tokens).logits
        #expect(expected.count == tokens.count)
        for level in KernelLevel.available {
            for threads in [1, 2] {
                let machine = try Traced(golden.model, kernels: .at(level), threads: threads).machine(optimising: true)
                let alone = try Self.logits(machine, tokens, [], place: 0)
                #expect(alone == expected, "\(level) with \(threads) threads")
                let together = try Self.logits(machine, tokens, Self.others(machine.vocabulary), place: 3)
                #expect(together == expected, "\(level) with \(threads) threads in a batch of 7")
            }
        }
    }
}
