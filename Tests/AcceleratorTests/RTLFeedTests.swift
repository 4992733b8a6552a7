import Accelerator
import Basis
import Testing

@Suite struct RTLFeedTests {
    @Test func `a full feed takes what the unit takes`() {
        let unit = TernaryUnit(lanes: 8, columns: 4, packing: .fives)
        let words = unit.tiles(rows: 37, width: 129)
        #expect(WordFeed.full.cycles(words: words, wordBits: 56, latency: 5) == unit.cycles(rows: 37, width: 129))
    }

    @Test(arguments: [
        WordFeed(beatBits: 8), WordFeed(beatBits: 24, cyclesPerBeat: 3), WordFeed(beatBits: 64, burst: 4, gap: 7), WordFeed(beatBits: 200),
        WordFeed(beatBits: 512, cyclesPerBeat: 2, burst: 1, gap: 40),
    ])
    func `words arrive when all of their bits have`(_ feed: WordFeed) {
        for (words, wordBits) in [(1, 56), (23, 56), (40, 16), (9, 104)] {
            #expect(feed.cycles(words: words, wordBits: wordBits, latency: 3) == counted(feed, words: words, wordBits: wordBits) + 3)
        }
    }

    @Test func `what is no port is refused`() throws {
        for feed in [WordFeed(beatBits: -1), WordFeed(cyclesPerBeat: 0), WordFeed(burst: -1), WordFeed(gap: .max)] {
            #expect(throws: Failure.self) { try feed.check() }
        }
        try WordFeed.full.check()
    }

    /// Cycle by cycle: a port that gathers bits, a unit that takes a word as soon as there is one.
    private func counted(_ feed: WordFeed, words: Int, wordBits: Int) -> Int {
        var (bits, beats, wait, taken, cycles, begun) = (0, 0, 0, 0, 0, false)
        while taken < words {
            if wait == 0 {
                (bits, beats) = (bits + feed.beatBits, beats + 1)
                wait = feed.cyclesPerBeat + (feed.burst > 0 && beats % feed.burst == 0 ? feed.gap : 0)
            }
            wait -= 1
            if bits >= wordBits { (bits, taken, begun) = (bits - wordBits, taken + 1, true) }
            cycles += begun ? 1 : 0
        }
        return cycles
    }
}
