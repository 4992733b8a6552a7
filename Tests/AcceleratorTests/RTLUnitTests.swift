import Accelerator
import Basis
import Testing

@Suite struct RTLUnitTests {
    @Test func `registers add up to the latency, at most one behind each level before any waits`() throws {
        for lanes in [1, 2, 5, 8, 16, 33] {
            for latency in 2...12 {
                let pipeline = try UnitPipeline(TernaryUnit(lanes: lanes, latency: latency))
                #expect(pipeline.registers.reduce(UnitPipeline.least, +) == latency)
                #expect(1 << pipeline.levels >= lanes && 1 << pipeline.levels < 2 * lanes)
                let waiting = max(0, latency - UnitPipeline.full(lanes: lanes))
                #expect(pipeline.registers.dropLast().allSatisfy { $0 <= 1 } && pipeline.registers.allSatisfy { $0 <= 1 + waiting })
                #expect(waiting == 0 || pipeline.registers.last == 1 + waiting)
            }
        }
    }

    @Test func `a unit that cannot be built is refused`() {
        for unit in [
            TernaryUnit(lanes: 0), TernaryUnit(lanes: 8, columns: 0), TernaryUnit(lanes: 1 << 62, columns: 1 << 62),
            TernaryUnit(lanes: 1024, columns: 1024), TernaryUnit(lanes: 8, latency: 65), TernaryUnit(lanes: 8, accumulatorBits: 11),
            TernaryUnit(lanes: 8, accumulatorBits: 33), TernaryUnit(lanes: 8, packing: .ideal),
        ] {
            #expect(throws: Failure.self) { try VerilogUnit(unit, vectorWords: 4) }
        }
        #expect(throws: Failure("a latency of 1 cycles cannot be built: the fetch and the sum take 2")) {
            try VerilogUnit(TernaryUnit(lanes: 8, latency: 1), vectorWords: 4)
        }
    }

    @Test func `a folder with anything else is left alone, an earlier one is written anew`() throws {
        let folder = try ScratchFolder(), sample = RTLSample.shapes[0], layer = try sample.layer()
        let quoted = ShellCommand.quoted(folder.path)
        _ = try ShellCommand("echo mine > \(quoted)/words.hex").output()
        #expect(throws: Failure("'\(folder.path)' exists already, and holds something else than such a unit")) {
            try RTLFolder(folder.path, unit: sample.unit, layer: layer)
        }
        #expect(try ShellCommand("cat \(quoted)/*").output() == "mine\n")
        _ = try ShellCommand("rm \(quoted)/words.hex").output()
        for _ in 0..<2 { _ = try RTLFolder(folder.path, unit: sample.unit, layer: layer) }
        let words = try ShellCommand("wc -l < \(quoted)/words.hex").output()
        #expect(words == "\(sample.unit.tiles(rows: sample.rows, width: sample.width))\n")
    }

    @Test func `cells become an area`() throws {
        let cells: JSON = ["LUT6": 3, "LUT2": 4, "FDRE": 5, "RAM32M": 2, "SRL16E": 1, "RAMB18E1": 3, "CARRY4": 9]
        let area = try UnitArea(yosys: ["design": ["num_cells_by_type": cells]])
        #expect(area == UnitArea(luts: 3 + 4 + 8 + 1, flipFlops: 5, blockMemories: 1.5))
        #expect(throws: Failure.self) { try UnitArea(yosys: ["design": ["num_cells_by_type": ["LUT6": "x"]]]) }
        #expect(throws: Failure.self) { try UnitArea(yosys: [:]) }
    }

    @Test(.enabled(if: RTLFolder.hasYosys, "there is no yosys in the PATH"), arguments: [0, 4, 5].map { RTLSample.shapes[$0] })
    func `the estimate of the area is near what yosys maps`(_ sample: RTLSample) throws {
        let folder = try ScratchFolder()
        let rtl = try RTLFolder(folder.path, unit: sample.unit, layer: sample.layer())
        let mapped = try rtl.area(), estimate = try UnitArea(estimating: rtl.verilog)
        #expect(abs(Double(estimate.luts) / Double(mapped.luts) - 1) < 0.3)
        #expect(abs(Double(estimate.flipFlops) / Double(mapped.flipFlops) - 1) < 0.1)
        #expect(estimate.blockMemories == mapped.blockMemories)
    }
}
