import Accelerator
import Models
import Testing

/// Against numbers that others measured and published.
@Suite struct CalibrationTests {
    /// Zhu et al. 2024, "Scalable MatMul-free Language Modeling", section 5: a block at d = 512 takes 43 ms at 60 MHz where 8 bits a cycle
    /// come from memory. The three cycles of an access are fitted to that; the rest follows.
    @Test func `a block on the D5005 takes 43 ms`() throws {
        let program = try Program(compiling: matmulFree(width: 512, layers: 2), for: .d5005)
        let timing = try Timing(program, .d5005)
        let milliseconds = Double(timing.cycles(below: "model.layers.1")) / 60e6 * 1000
        #expect(abs(milliseconds - 43) / 43 < 0.01, "\(milliseconds) ms")
        let trits = timing.records.filter { program.node(of: $0.instruction).hasPrefix("model.layers.1.") && $0.unit == .ternary }
        let bytes = trits.reduce(0) { $0 + program.instructions[$1.instruction].rows * program.instructions[$1.instruction].width / 4 }
        #expect(bytes == 851_968)
    }

    /// Neumann-Labs/ternfpga, bench/results/onboard_throughput_measured.md: 63 rows of 63 tiles of 8 in 3974 cycles on an Arty A7-35T.
    @Test func `a product on the Arty takes 3974 cycles`() {
        #expect(TernaryUnit(lanes: 8, columns: 1, latency: 5).cycles(rows: 63, width: 504) == 3974)
    }

    /// The same, ddr3_roofline_measured.md: 32 MB through a port of 128 bits in 2,248,263 cycles, 0.8896 of all beats.
    @Test func `32 MB through the Arty's memory take 2.25 million cycles`() {
        let cycles = Port(bits: 128, efficiency: 0.8896).cycles(bytes: 32_000_000)
        #expect(abs(Double(cycles) - 2_248_263) / 2_248_263 < 0.0001, "\(cycles)")
    }

    /// The same, attention_onboard.md: 16,456 cycles a query for 64 tokens and heads of 128 numbers.
    @Test func `a query of attention on the Arty takes 16456 cycles`() {
        #expect(Core.small.attentionCycles(tokens: 64, width: 128) == 16_456)
    }
}
