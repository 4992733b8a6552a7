import Accelerator
import Basis
import Tensors
import Testing

/// Needs Verilator.
@Suite(.serialized, .enabled(if: RTLFolder.hasVerilator, "there is no verilator in the PATH")) struct RTLRunTests {
    @Test(arguments: RTLSample.shapes) func `a unit gives every sum, in the cycles that it is said to take`(_ sample: RTLSample) throws {
        let folder = try ScratchFolder()
        let rtl = try RTLFolder(folder.path, unit: sample.unit, layer: sample.layer())
        let run = try rtl.run()
        #expect(run.mismatches == 0 && run.sums == sample.rows)
        #expect(run.cycles == sample.unit.cycles(rows: sample.rows, width: sample.width))
    }

    @Test func `a slower port takes as long as its words take to arrive, and a wrong sum is noticed`() throws {
        let folder = try ScratchFolder(), sample = RTLSample.shapes[0]
        let rtl = try RTLFolder(folder.path, unit: sample.unit, layer: sample.layer())
        let words = sample.unit.tiles(rows: 37, width: 129)
        // 64 bits a word: over 16 bits a word comes with every fourth beat, over 128 bits two come with every beat.
        let quarter = try rtl.run(WordFeed(beatBits: 16)), two = try rtl.run(WordFeed(beatBits: 128, cyclesPerBeat: 6))
        #expect(quarter.cycles == 4 * (words - 1) + 1 + 5 && quarter.mismatches == 0)
        #expect(two.cycles == 6 * (words / 2 - 1) + 2 + 5 && two.mismatches == 0)
        for feed in [WordFeed(beatBits: 24, cyclesPerBeat: 2), WordFeed(beatBits: 64, burst: 8, gap: 5), WordFeed(beatBits: 1024)] {
            let run = try rtl.run(feed)
            #expect(run.cycles == rtl.expectedCycles(feed) && run.mismatches == 0)
        }
        _ = try ShellCommand("sed -i '3s/.*/7fffffff/' \(ShellCommand.quoted(folder.path))/sums.hex").output()
        #expect(try rtl.run().mismatches == 1)
    }
}
