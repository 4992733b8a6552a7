import Accelerator
import Basis
import Toolkit

/// What `sim-hw run --fidelity cycle` says.
public struct CycleReport {
    private let simulation: CoreSimulation
    private let energy: Energy
    private let firstTokenSeconds: Double

    /// Fails where an energy cannot be computed.
    public init(_ simulation: CoreSimulation) throws {
        (self.simulation, energy, firstTokenSeconds) = (simulation, try simulation.energy, try simulation.firstTokenSeconds)
    }

    private var timing: Timing { simulation.timing }
    private var allCycles: Double { Double(max(1, timing.cycles)) }

    /// For people.
    public var text: String {
        let tables = [table(head), units, layers, waits, energies].joined(separator: "\n")
        return tables + "\n" + remarks.map { "\($0)\n" }.joined()
    }

    private var head: [[String]] {
        let (device, model, core, work) = (simulation.device, simulation.model, simulation.core, simulation.workload)
        return [
            ["device", "\(device.name): \(device.title), \(core.cores) \(core.cores == 1 ? "core" : "cores") at \(counted(core.clock))Hz"],
            ["model", "\(model.name), \(counted(model.weightCount)) weights, \(counted(model.tritCount)) of them trits"],
            ["program", "\(simulation.program.instructions.count) instructions in \(simulation.program.rom.count * 8) bytes"],
            ["token", "\(simulation.cycles) cycles, \(timed(simulation.tokenSeconds))" + (work.blocksOnly ? ", blocks only" : "")],
            ["speed", "\(rounded(simulation.tokensPerSecond)) tokens/s, first token after \(timed(firstTokenSeconds))"],
            ["port", "\(sized(simulation.portBytes)) a token, \(rounded(simulation.portBytes / allCycles)) bytes a cycle"],
        ]
    }

    private var units: String {
        let rows = Unit.allCases.compactMap { unit -> [String]? in
            guard let busy = timing.busy[unit], busy > 0 else { return nil }
            let count = timing.records.count { $0.unit == unit }
            return [unit.rawValue, "\(count)", "\(busy)", shared(Double(busy) / Double(max(1, timing.cycles)))]
        }
        return table([["unit", "instructions", "cycles", "busy"]] + rows, rightAligned: [1, 2, 3])
    }

    /// Layers, with equal blocks as one line.
    private var layers: String {
        var rows: [[String]] = [], first = Layer.input, last = -1
        for (layer, count) in CoreSimulation.layers(of: timing) {
            if layer.isBlock, count == last {
                rows[rows.count - 1][0] = "\(first.text) to \(layer.text.dropFirst("block ".count))"
            } else {
                first = layer
                rows.append([layer.text, "\(count)", timed(Double(count) / simulation.core.clock), shared(Double(count) / allCycles)])
            }
            last = layer.isBlock ? count : -1
        }
        return table([["layer, each", "cycles", "time", "of a token"]] + rows, rightAligned: [1, 2, 3])
    }

    private var waits: String {
        let rows = Timing.Reason.allCases.compactMap { reason in timing.waits[reason].map { [reason.rawValue, "\($0)"] } }
        return table([["instructions wait for", "cycles"]] + rows, rightAligned: [1])
    }

    private var energies: String {
        var parts = [("operations", energy.operations)] + energy.memories.sorted { $0.key < $1.key }
        parts += [("static", energy.idle), ("host", energy.host), ("rest of the power when busy", energy.rest)]
        let rows = parts.filter { $0.1 > 0 }.map { [$0.0, joulesText($0.1), shared($0.1 / energy.total)] }
        return table([["energy a token", joulesText(energy.total), "share"]] + rows, rightAligned: [1, 2])
    }

    private var remarks: [String] {
        var lines = ["energies: table '\(simulation.device.energies.name)', \(simulation.device.energies.title)"]
        if let area = simulation.device.core?.area {
            let cores = Int(area.total.value / max(1, area.core.value))
            lines.append("area: a core takes \(area.core.text) of \(area.total.text); \(cores) would fit, the port shared")
        }
        let doubtful = simulation.device.core?.numbers.filter { $0.kind != .measured && $0.kind != .vendor } ?? []
        if !doubtful.isEmpty {
            let all = doubtful.map { "\($0.path) = \($0.text) (\($0.kind.rawValue))" }
            lines.append("not measured: " + all.joined(separator: ", "))
        }
        if let note = simulation.device.note { lines.append("note: \(note)") }
        return lines
    }

    /// As one object; sim-hw(1) lists its members.
    public var json: JSON {
        var units = JSONObject(), waits = JSONObject(), bytes = JSONObject()
        for unit in Unit.allCases { units[unit.rawValue] = .integer(timing.busy[unit] ?? 0) }
        for reason in Timing.Reason.allCases { waits[reason.rawValue] = .integer(timing.waits[reason] ?? 0) }
        for kind in Program.Block.Kind.allCases { bytes[kind.rawValue] = .integer(timing.bytes[kind] ?? 0) }
        return [
            "device": .string(simulation.device.name), "model": .string(simulation.model.name), "fidelity": "cycle",
            "cores": .integer(simulation.core.cores), "clock": .number(simulation.core.clock), "cycles": .integer(simulation.cycles),
            "instructions": .integer(simulation.program.instructions.count), "token_seconds": .number(simulation.tokenSeconds),
            "first_token_seconds": .number(firstTokenSeconds), "decode_tokens_per_second": .number(simulation.tokensPerSecond),
            "joules_per_token": .number(energy.total), "busy_cycles": .object(units), "waited_cycles": .object(waits),
            "port_bytes": .object(bytes),
            "nodes": .array(timing.nodes.map { ["name": .string($0.name), "cycles": .integer($0.cycles)] }),
        ]
    }

    /// The instructions of a token over time, a line a unit.
    public var trace: JSON {
        let events = timing.records.map { record -> JSON in
            let instruction = simulation.program.instructions[record.instruction]
            let (clock, thread) = (simulation.core.clock, Unit.allCases.firstIndex(of: record.unit) ?? 0)
            return ChromeTrace.event(
                simulation.program.node(of: record.instruction), record.unit.rawValue, Double(record.start) / clock,
                Double(record.end - record.start) / clock, thread: thread,
                [
                    "instruction": .string(instruction.opcode.rawValue), "waited": .integer(record.waited),
                    "port": .integer(record.waitedForPort),
                ])
        }
        return ["displayTimeUnit": "ms", "traceEvents": .array(events)]
    }
}
