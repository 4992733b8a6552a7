import Accelerator
import Basis
import Models
import Testing

/// The scoreboard, by hand.
@Suite struct TimingTests {
    /// A number a cycle and a latency of 2 everywhere, 4 trits a word, a byte a cycle from memory.
    private var core: Core {
        Core(
            clock: 1e6, registerWidth: 64, ternary: TernaryUnit(lanes: 4, latency: 2), row: VectorUnit(lanes: 1, latency: 2),
            norm: VectorUnit(lanes: 1, latency: 2), port: Port(bits: 8), scratchBytes: 1024)
    }

    private func spans(_ text: String, _ core: Core) throws -> [[Int]] {
        try Timing(Program(assembling: text), core).records.map { [$0.start, $0.end] }
    }

    @Test func `units work side by side, one waits for its registers or itself`() throws {
        let timing = try Timing(
            Program(assembling: """
                LD r0, 0, 10
                ROW.silu r2, r1, 10
                ROW.silu r3, r1, 4
                RMS r4, r0, r2, 10, 1e-6
                HALT
                """), core)
        // The load from the chip takes 10; rows 10 + 2; the second row waits for the first, the norm for the second to be issued.
        #expect(timing.records.map { [$0.start, $0.end] } == [[0, 10], [1, 13], [13, 19], [14, 36]])
        #expect(timing.records.map(\.reason) == [nil, nil, .register, nil])
        #expect(timing.cycles == 36)
        #expect(timing.busy == [.loadStore: 10, .row: 18, .norm: 22])
    }

    @Test func `an instruction waits for its unit where its registers are free`() throws {
        let timing = try Timing(Program(assembling: "ROW.silu r1, r0, 10\nROW.silu r3, r2, 4"), core)
        #expect(timing.records.map(\.reason) == [nil, .unit])
        #expect(timing.records[1].waited == 11)
    }

    @Test func `a product takes the slower of its words and the port`() throws {
        // 16 activations, four a cycle, then 8 rows of 16: 32 words of a byte; the scale lies on the chip.
        let product = "TMM r1, r0, 2048, 0, 8, 16"
        #expect(try spans(product, core) == [[0, 38]])
        var slow = core
        slow.port.cyclesPerAccess = 3
        let timing = try Timing(Program(assembling: product), slow)
        #expect(timing.records[0].end == 4 + 3 * 32 + 2)
        #expect(timing.records[0].waitedForPort == 2 * 32)
        slow.cores = 2
        #expect(try spans(product, slow) == [[0, 4 + 2 * 3 * 32 + 2]])
    }

    @Test func `words come ahead while the port has nothing else to do`() throws {
        var core = core
        core.port = Port(bits: 8, cyclesPerAccess: 3, fifo: 10)
        let text = "ROW.silu r0, r1, 20\nTMM r1, r0, 2048, 0, 8, 16\nTMM r2, r0, 2080, 0, 8, 16"
        // In the 22 cycles before and the 4 of its activations, 8 of 32 bytes; the second follows when the first is done, two bytes ahead.
        let end = 26 + 3 * 24 + 2
        #expect(try spans(text, core) == [[0, 22], [22, end], [end, end + 4 + 3 * 30 + 2]])
        core.port.fifo = 4
        #expect(try spans(text, core)[1] == [22, 26 + 3 * 28 + 2])
        // What else goes through the port leaves less time.
        let loading = "LD r5, 4096, 4\nROW.silu r0, r1, 49\nTMM r1, r0, 2048, 0, 8, 16"
        #expect(try spans(loading, core) == [[0, 48], [1, 52], [52, 56 + 3 * 30 + 2]])
    }

    @Test func `a load waits for results that are on their way to memory`() throws {
        let product = "TMMS 4096, r0, 2048, 0, 8, 16\n"
        let timing = try Timing(Program(assembling: product + "LD r1, 4124, 1\nLD r2, 4128, 1"), core)
        #expect(timing.records[1].start == timing.records[0].end)
        #expect(timing.records[1].after == 0)
        #expect(try spans(product + "LD r2, 4128, 1", core)[1][0] == 1)
    }

    @Test func `bytes are counted by what they are`() throws {
        let timing = try Timing(
            Program(assembling: """
                .block m, 2048, 32, trits, "m", 0, 8
                .block s, 64, 4, scale, "m"
                .block o, 4096, 64, output, "o"
                TMMS o, r0, m, s, 8, 16
                ST r1, o + 32, 8
                """), core)
        #expect(timing.bytes == [.trits: 32, .output: 64])
        #expect(timing.records[0].end == 4 + 32 + 32 + 2)
    }

    @Test func `what the core lacks is refused`() throws {
        #expect(throws: Failure("instruction 0, LD: the core has 8 registers, no r8")) { try spans("LD r8, 0, 4", core) }
        #expect(throws: Failure("instruction 0, ROPE: the core has no unit for attention")) { try spans("ROPE r1, r0, 2, 4", core) }
        #expect(throws: Failure("instruction 0, HOST.linear: the core has no host")) { try spans("HOST.linear r1, r0, 0, 2, 4", core) }
    }

    @Test(arguments: try smallGraphs()) func `the nodes' cycles add up`(_ graph: Graph) throws {
        let program = try Program(compiling: graph, for: .small)
        let timing = try Timing(program, .small, past: 9)
        #expect(timing.nodes.reduce(0) { $0 + $1.cycles } == timing.cycles)
        #expect(timing.records.count == program.instructions.count - 1)
        #expect(timing.waits.values.allSatisfy { $0 >= 0 })
        let later = try Timing(program, .small, past: 900).cycles
        let remembers = graph.nodes.contains { ($0.operation as? Attention).map { _ in true } ?? false }
        #expect(remembers ? later > timing.cycles : later == timing.cycles)
    }

    @Test func `a token of 1.3 billion weights is timed at once`() throws {
        let graph = try matmulFree(width: 2048, layers: 24)
        var core = Core.d5005
        core.registerWidth = 5632
        let clock = ContinuousClock(), start = clock.now
        let timing = try Timing(Program(compiling: graph, for: core), core)
        #expect(clock.now - start < .seconds(2))
        // Two bits a weight, 1,298,661,376 of them, as config.json gives the shape.
        #expect(timing.bytes[.trits] == 1_298_661_376 / 4)
        #expect(timing.cycles > 3 * 1_298_661_376 / 4)
    }
}
