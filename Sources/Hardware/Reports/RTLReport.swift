import Accelerator
import Basis
import Toolkit

/// A unit in Verilog held against the model of it: cycles at full rate and at the core's port, sums, area.
public struct RTLReport {
    private let folder: RTLFolder
    private let layer: String
    private let feeds: [(name: String, feed: WordFeed, modelled: Int)]
    private let runs: [RTLRun]
    private let estimated: UnitArea
    private let mapped: UnitArea?
    /// What could not be done, a line each.
    public private(set) var missing: [String] = []

    /// `runs: false` asks no tool.
    public init(_ folder: RTLFolder, layer: String, port: Port, runs wanted: Bool) throws {
        let unit = folder.verilog.unit, vectors = folder.vectors.layer
        let tiles = unit.tiles(rows: vectors.rows, width: vectors.width)
        // The bench's memory is always ready: it neither refreshes nor changes rows.
        var ready = port
        ready.efficiency = 1
        // And it counts from when the first word is there.
        let brought = ready.cycles(bytes: tiles * unit.wordBytes) - ready.cycles(bytes: unit.wordBytes) + 1
        let through = max(tiles, brought) + unit.latency
        (self.folder, self.layer) = (folder, layer)
        feeds = [
            ("a word a cycle", .full, unit.cycles(rows: vectors.rows, width: vectors.width)),
            ("words through the port", WordFeed(port), through),
        ]
        if wanted, !RTLFolder.hasVerilator { missing.append("there is no verilator in the PATH: nothing was run") }
        if wanted, !RTLFolder.hasYosys { missing.append("there is no yosys in the PATH: its area was not counted") }
        runs = wanted && RTLFolder.hasVerilator ? try feeds.map { try folder.run($0.feed) } : []
        estimated = try UnitArea(estimating: folder.verilog)
        mapped = wanted && RTLFolder.hasYosys ? try folder.area() : nil
    }

    /// Whether every sum was right and the model's cycles were within 1 % of those counted; nil where nothing ran.
    public var holds: Bool? {
        guard runs.count == feeds.count else { return nil }
        return zip(runs, feeds).allSatisfy { run, feed in
            run.mismatches == 0 && (Double(feed.modelled) / Double(run.cycles) - 1).magnitude <= 0.01
        }
    }

    /// For people.
    public var text: String {
        let unit = folder.verilog.unit, vectors = folder.vectors.layer
        let head = [
            ["folder", folder.path], ["layer", "\(layer), \(vectors.rows) x \(vectors.width)"],
            ["unit", "\(unit.lanes) lanes, \(unit.columns) columns, \(unit.packing.rawValue) bits a trit, latency \(unit.latency)"],
            ["words", "\(folder.vectors.wordCount) of \(unit.wordBytes) bytes"],
        ]
        return [table(head), cycles, areas].joined(separator: "\n")
    }

    private var cycles: String {
        let rows = feeds.enumerated().map { index, feed -> [String] in
            guard runs.indices.contains(index) else { return [feed.name, "\(feed.modelled)", "-", "-", "-"] }
            let run = runs[index], error = Double(feed.modelled) / Double(run.cycles) - 1
            let sums = run.mismatches == 0 ? "all \(run.sums) right" : "\(run.mismatches) of \(run.sums) WRONG"
            return [feed.name, "\(feed.modelled)", "\(run.cycles)", "\(decimal(100 * error, 2)) %", sums]
        }
        return table([["cycles", "model", "Verilog", "error", "sums"]] + rows, rightAligned: [1, 2, 3])
    }

    private var areas: String {
        func cells(_ area: UnitArea) -> [String] { ["\(area.luts)", "\(area.flipFlops)", decimal(area.blockMemories, 1)] }
        let rows = [["estimate"] + cells(estimated)] + (mapped.map { [["Yosys"] + cells($0)] } ?? [])
        return table([["area, Xilinx series 7", "LUT", "flip-flops", "block RAM"]] + rows, rightAligned: [1, 2, 3])
    }

    /// As one object; sim-hw(1) lists its members.
    public var json: JSON {
        let unit = folder.verilog.unit, vectors = folder.vectors.layer
        func record(_ area: UnitArea) -> JSON {
            ["luts": .integer(area.luts), "flip_flops": .integer(area.flipFlops), "block_memories": .number(area.blockMemories)]
        }
        return [
            "folder": .string(folder.path), "layer": .string(layer), "rows": .integer(vectors.rows), "width": .integer(vectors.width),
            "lanes": .integer(unit.lanes), "columns": .integer(unit.columns), "packing": .string(unit.packing.rawValue),
            "latency": .integer(unit.latency), "words": .integer(folder.vectors.wordCount), "holds": holds.map(JSON.bool) ?? .null,
            "runs": .array(feeds.enumerated().map { index, feed in
                let run = runs.indices.contains(index) ? runs[index] : nil
                return [
                    "feed": .string(feed.name), "model_cycles": .integer(feed.modelled), "cycles": run.map { .integer($0.cycles) } ?? .null,
                    "sums": run.map { .integer($0.sums) } ?? .null, "mismatches": run.map { .integer($0.mismatches) } ?? .null,
                ]
            }),
            "area_estimate": record(estimated), "area": mapped.map(record) ?? .null,
        ]
    }
}

extension WordFeed {
    /// Words as a port brings them: the first beat of an access takes longer than the rest of it.
    init(_ port: Port) {
        self = port.burst == 1
            ? WordFeed(beatBits: port.bits, cyclesPerBeat: port.cyclesPerAccess)
            : WordFeed(beatBits: port.bits, burst: port.burst, gap: port.cyclesPerAccess - 1)
    }
}
