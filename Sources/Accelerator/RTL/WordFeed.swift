import Basis

/// How fast words reach a unit: over a port that gives `beatBits` every `cyclesPerBeat` cycles, and after every `burst` beats rests for
/// `gap` cycles. Words lie in memory one behind the other, so a beat may end one and begin the next.
public struct WordFeed: Hashable, Sendable {
    /// Bits of a beat; 0 is a port that always has a word.
    public var beatBits: Int
    public var cyclesPerBeat: Int
    /// Beats of a burst; 0 is a burst without end.
    public var burst: Int
    /// Cycles between two bursts.
    public var gap: Int

    /// A word in every cycle.
    public static let full = WordFeed()

    public init(beatBits: Int = 0, cyclesPerBeat: Int = 1, burst: Int = 0, gap: Int = 0) {
        (self.beatBits, self.cyclesPerBeat, self.burst, self.gap) = (beatBits, cyclesPerBeat, burst, gap)
    }

    /// Refuses what is no port.
    package func check() throws {
        let limit = 1 << 20
        guard (0...limit).contains(beatBits), (1...limit).contains(cyclesPerBeat), (0...limit).contains(burst), (0...limit).contains(gap)
        else { throw Failure("a port of \(beatBits) bits every \(cyclesPerBeat) cycles, bursts of \(burst) and gaps of \(gap) cannot be") }
    }

    /// The cycle in which word `index` has arrived; the first arrives in cycle 0.
    func arrival(_ index: Int, wordBits: Int) -> Int {
        beatBits == 0 ? index : time(of: beat(ending: index, wordBits)) - time(of: beat(ending: 0, wordBits))
    }

    /// Cycles from the first of `words` words to the last sum of a unit that takes at most one in a cycle, both counted.
    public func cycles(words: Int, wordBits: Int, latency: Int) -> Int {
        var taken = -1
        for index in 0..<words { taken = max(taken + 1, arrival(index, wordBits: wordBits)) }
        return taken + 1 + latency
    }

    private func beat(ending index: Int, _ wordBits: Int) -> Int { ((index + 1) * wordBits).ceilingDivided(by: beatBits) - 1 }

    private func time(of beat: Int) -> Int { beat * cyclesPerBeat + (burst == 0 ? 0 : beat / burst * gap) }

    /// As the bench takes it.
    var arguments: String { "--beat-bits \(beatBits) --cycles-per-beat \(cyclesPerBeat) --burst \(burst) --gap \(gap)" }
}
