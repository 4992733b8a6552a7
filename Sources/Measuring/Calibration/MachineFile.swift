import Basis
import Models
import Tensors
import Toolkit

/// A device file made of what probes reached.
struct MachineFile {
    private let probes: MachineProbes
    private let machine: MachineDescription
    private let threads: Int
    /// Calls a second of a probe.
    private let rate: (Int) -> Double
    private let rows: RowPrices

    init(_ probes: MachineProbes, machine: MachineDescription, threads: Int, rate: @escaping (Int) -> Double) throws {
        (self.probes, self.machine, self.threads, self.rate) = (probes, machine, threads, rate)
        rows = try RowPrices(probes.rows.map { ($0.cost, 1 / rate($0.probe)) })
    }

    var json: JSON {
        get throws {
            [
                "device": "this-machine", "title": .string("\(machine.processor), \(threads) threads, \(machine.level.rawValue)"),
                "class": "cpu", "note": "Measured by kernels alone; no model ran. Powers and energies are not known.",
                "memories": .array(memories),
                "engines": ["ternary": try ternary, "dense": dense, "attention": attention, "vector": vector],
                "launches": "node", "overhead": quantity(launchFromMemory, "s", "a chain of norms whose gains come from memory, less the norms"),
                "pass-rows": .integer(Machine.rowLimit), "energies": "jouppi-7nm",
            ]
        }
    }

    private var memories: [JSON] {
        probes.memories.map { level in
            [
                "name": .string(level.name), "capacity": quantity(Double(level.capacity), "B", "as the system tells"),
                "bandwidth": quantity(Double(level.bytes) * rate(level.probe), "B/s", "read by all threads, over and over"),
            ]
        }
    }

    /// Of one that works on rows.
    private var launch: Double { link(probes.additions) }

    /// The same where a gain comes from memory.
    private var launchFromMemory: Double { max(launch, link(probes.norms) - 1 / rate(probes.norm)) }

    private func link(_ chain: (probe: Int, links: Int)) -> Double { 1 / (rate(chain.probe) * Double(chain.links)) }

    /// Overhead and bandwidth are those of products that come from memory one after the other, less the norms between them.
    private var ternary: JSON {
        get throws {
            let equations = probes.chains.map { chain in
                let norm = launchFromMemory + Double(chain.width) * 9 / rows.rate
                return LeastSquares.Row(
                    factors: [1, Double(chain.bytes)], value: max(1e-9, link((chain.probe, chain.links)) - norm))
            }
            let fit = try LeastSquares.relative(equations), how = "chains of products of \(equations.count) sizes from memory"
            return engine(probes.ternary, [
                "format": "int8", "method": "multiply", "packing": Kernels.best.layout == .triples ? "1.667" : "2",
                "overhead": quantity(fit[0], "s", how), "bandwidth": quantity(1 / max(fit[1], 1e-15), "B/s", how),
            ])
        }
    }

    private var dense: JSON {
        engine(probes.dense, [
            "format": "bf16", "overhead": quantity(1 / rate(probes.dispatch), "s", "a loop over all threads that does nothing"),
            "bandwidth": quantity(Double(probes.coldDense.bytes) * rate(probes.coldDense.probe), "B/s", "a matrix from memory"),
        ])
    }

    private var attention: JSON {
        engine(probes.attention, [
            "format": "fp32", "overhead": quantity(1 / rate(probes.dispatch), "s", "a loop over all threads that does nothing"),
            "bandwidth": quantity(Double(probes.coldAttention.bytes) * rate(probes.coldAttention.probe), "B/s", "keys and values from memory"),
        ])
    }

    /// The rate of the rows that are fastest, and shares of it for others.
    private func engine(_ kernels: [MachineProbes.Kernel], _ rest: JSONObject) -> JSON {
        let rates = kernels.map { (rows: Double($0.rows), rate: Double($0.operations) * rate($0.probe)) }
        let best = rates.map(\.rate).max() ?? 1
        var engine: JSONObject = ["rate": quantity(best, "mac/s", "operands in the caches")]
        for member in rest.members { engine[member.key] = member.value }
        engine["efficiency"] = curve(rates.map { ($0.rows, $0.rate / best) })
        return .object(engine)
    }

    private var vector: JSON {
        // Few rows are not worth more than one thread.
        let few = 16384.0 / Double(KernelCase.width), all = Double(threads)
        return [
            "rate": quantity(all * rows.rate, "op/s", "kernels of rows on one thread, times the threads"), "format": "fp32",
            "exponential": quantity(rows.long, "op", "fitted to the same kernels"),
            "division": quantity(rows.long, "op", "fitted to the same kernels"),
            "efficiency": curve(threads == 1 ? [(1, 1)] : [(1, 1 / all), (few, 1 / all), (few * all, 1)]),
        ]
    }

    private func quantity(_ value: Double, _ unit: String, _ how: String) -> JSON {
        ["value": .number(value), "unit": .string(unit), "kind": "measured", "source": .string("sim-hw calibrate \(ternVersion): \(how)")]
    }

    private func curve(_ points: [(Double, Double)]) -> JSON {
        [
            "of": "rows", "points": .array(points.map { [.number($0.0), .number($0.1)] }), "kind": "measured",
            "source": .string("sim-hw calibrate \(ternVersion): so many rows"),
        ]
    }
}
