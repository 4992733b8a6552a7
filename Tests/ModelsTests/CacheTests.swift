import Models
import Tensors
import Testing

/// Attention over keys and values that are kept in fewer bits.
@Suite struct CacheTests {
    private let sample = Self.sample(window: 0)

    private static func sample(window: Int) -> Sample {
        Sample(Attention(heads: 6, keyValueHeads: 2, width: 40, window: window), .floats(240), .floats(80), .floats(80))
    }

    /// None, and windows below, about and above a page of 64 tokens; the last is longer than any text here.
    private static let windows = [0, 1, 2, 16, 70, 1000]

    @Test(arguments: [(CacheElement.float16, Float(2e-3)), (.int8, 0.05)])
    func fewerBitsAreNearlyAsGood(_ cache: CacheElement, tolerance: Float) throws {
        let bench = Bench(sample, rows: 150, seed: 11)
        let exact = try bench.run().output, found = try bench.run(cache: cache).output
        let size = exact.joined().map(\.magnitude).max() ?? 0
        let largest = zip(exact.joined(), found.joined()).map { abs($0 - $1) }.max() ?? .infinity
        #expect(largest > 0 && largest < tolerance * size, "\(largest / size)")
    }

    @Test(arguments: CacheElement.allCases, windows) func levelsAndChunksChangeNoBit(_ cache: CacheElement, window: Int) throws {
        let bench = Bench(Self.sample(window: window), rows: 140, seed: 12)
        let whole = try bench.run(.at(.scalar), cache: cache)
        for level in KernelLevel.available { #expect(try bench.run(.at(level), cache: cache).output == whole.output) }
        var session: Session?, rows: [[Float]] = []
        for part in [0..<1, 1..<64, 64..<65, 65..<130, 130..<140] {
            let next = try bench.run(rows: part, session: session, cache: cache)
            rows += next.output
            session = next.sessions[0]
        }
        #expect(rows == whole.output && session?.states == whole.sessions[0].states)
    }

    @Test(arguments: CacheElement.allCases, windows) func savedKeysAndValuesComeBackBitForBit(_ cache: CacheElement, window: Int) throws {
        let bench = Bench(Self.sample(window: window), rows: 100, seed: 13)
        let first = try bench.run(rows: 0..<70, cache: cache).sessions[0]
        let empty = Session([bench.operation.memory], cache: cache)
        let again = try #require(try empty.restored(position: 70, states: first.states))
        #expect(try bench.run(rows: 70..<100, session: again).output == bench.run(rows: 70..<100, session: first).output)
        #expect(try empty.restored(position: 64, states: first.states) == nil)
        #expect(try empty.restored(position: 70, states: [Array(first.states[0].dropLast())]) == nil)
    }

    /// Both branches write to the page that they share, and over its end.
    @Test(arguments: windows) func forksDoNotSeeEachOther(_ window: Int) throws {
        let bench = Bench(Self.sample(window: window), rows: 200, seed: 14)
        let trunk = try bench.run(rows: 0..<60).sessions[0], states = trunk.states
        let left = try bench.run(rows: 60..<130, session: trunk), right = try bench.run(rows: 100..<200, session: trunk)
        #expect(trunk.states == states)
        #expect(left.output == Array(try bench.run(rows: 0..<130).output[60...]))
        #expect(try bench.run(rows: 100..<200, session: trunk).output == right.output)
    }
}
