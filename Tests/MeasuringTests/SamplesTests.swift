import Measuring
import TestFiles
import Testing

/// What counts of several rounds, and what energy they took.
@Suite struct SamplesTests {
    @Test func `the best counts, and the spread says how far the median stays below it`() {
        let samples = Samples([10, 8, 4, 9])
        #expect(samples.best == 10 && samples.median == 8.5 && abs(samples.spread - 0.15) < 1e-12)
        #expect(Samples([3, 1, 2]).median == 2 && Samples([7]).spread == 0)
        #expect(Samples().best == 0 && Samples().median == 0 && Samples().spread == 0)
    }

    @Test func `energy is the sum of the packages, over the end of a counter's range too`() throws {
        let scratch = try Scratch()
        #expect(EnergyMeter(folder: scratch.path) == nil)
        for package in ["0", "1", "0:0"] {
            _ = scratch.folder("intel-rapl:\(package)")
            try scratch.write("intel-rapl:\(package)/max_energy_range_uj", "10000000\n")
            try scratch.write("intel-rapl:\(package)/energy_uj", "9000000\n")
        }
        let meter = try #require(EnergyMeter(folder: scratch.path)), start = meter.reading()
        try scratch.write("intel-rapl:0/energy_uj", "9500000\n")
        try scratch.write("intel-rapl:1/energy_uj", "2000000\n")
        try scratch.write("intel-rapl:0:0/energy_uj", "9900000\n")
        #expect(meter.joules(from: start, to: meter.reading()) == 0.5 + 3)
    }

    @Test func `counters that say nothing are none`() throws {
        let scratch = try Scratch()
        _ = scratch.folder("intel-rapl:0")
        try scratch.write("intel-rapl:0/max_energy_range_uj", "none\n")
        try scratch.write("intel-rapl:0/energy_uj", "12\n")
        #expect(EnergyMeter(folder: scratch.path) == nil)
    }

    @Test func `the system says how much memory was resident at most`() throws {
        #expect(try #require(peakResidentBytes()) > 1 << 20)
    }
}
