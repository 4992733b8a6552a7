import Basis
import Models
import Tensors
import Toolkit

/// A device file made of what probes reached.
struct MachineFile {
    private let probes: MachineProbes
    private let kernels: Kernels
    private let threads: Int
    /// Calls a second of a probe.
    private let rate: (Int) -> Double
    private let rows: RowPrices

    init(_ probes: MachineProbes, _ kernels: Kernels, threads: Int, rate: @escaping (Int) -> Double) throws {
        (self.probes, self.kernels, self.threads, self.rate) = (probes, kernels, threads, rate)
        rows = try RowPrices(probes.rows.map { ($0.cost, 1 / rate($0.probe)) })
    }

    var json: JSON {
        get throws {
            [
                "device": "this-machine", "title": .string(title),
                "class": "cpu", "note": "Measured by kernels alone; no model ran. Powers and energies are not known.",
                "memories": .array(memories),
                "engines": ["ternary": try ternary, "dense": dense, "attention": attention, "vector": vector],
                "launches": "node", "overhead": quantity(launch, "s", "a chain of additions of short rows"),
                "pass-rows": .integer(Machine.rowLimit), "energies": "jouppi-7nm",
            ]
        }
    }

    private var title: String {
        "\(MachineDescription(kernels).processor), \(threads) \(threads == 1 ? "thread" : "threads"), \(kernels.level.rawValue)"
    }

    private var memories: [JSON] {
        probes.memories.map { level in
            [
                "name": .string(level.name), "capacity": quantity(Double(level.capacity), "B", "as the system tells"),
                "bandwidth": quantity(Double(level.bytes) * rate(level.probe), "B/s", "rows added by all threads, over and over"),
            ]
        }
    }

    /// Of one that works on rows.
    private var launch: Double { link(probes.additions) }

    private func link(_ chain: (probe: Int, links: Int)) -> Double { 1 / (rate(chain.probe) * Double(chain.links)) }

    /// Seconds of one product in a chain, the norm and quantisation before it left out.
    private func seconds(link: Double, width: Int, rows count: Int = 1) -> Double {
        let near = probes.rowsOfNorms.min { abs($0.rows - count) < abs($1.rows - count) }
        let reached = near.map(share) ?? 1
        // Multiplications, additions and comparisons of a norm and a quantisation.
        let norm = launch + Double(count) * Double(width) * 9 / (rows.rate * Double(threads) * reached)
        return less(link, norm)
    }

    /// What is left of a time without a part of it that was measured elsewhere: half of it at least, for on a busy machine the two need not
    /// fit together.
    private func less(_ seconds: Double, _ part: Double) -> Double { max(seconds / 2, seconds - part) }

    /// Overhead and bandwidth are those of products that come from memory one after the other; where all weights are few, caches keep a
    /// part of them, and more than the bandwidth is reached: the curve says how much.
    private var ternary: JSON {
        get throws {
            let cold = probes.chains.filter { $0.total == Chain.coldBytes }
            let fit = try LeastSquares.relative(cold.map { LeastSquares.Row(factors: [1, Double($0.bytes)], value: seconds($0)) })
            let bandwidths = probes.chains.filter { $0.width == MachineProbes.width }.sorted { $0.total < $1.total }.map { chain in
                (Double(chain.total), Double(chain.bytes) / less(seconds(chain), fit[0]))
            }
            let best = bandwidths.map(\.1).max() ?? 1, how = "chains of products from memory"
            let rates = probes.rowsOfProducts.map { chain -> (rows: Double, rate: Double) in
                let seconds = seconds(link: link((chain.probe, chain.links)), width: MachineProbes.width, rows: chain.rows)
                return (Double(chain.rows), Double(chain.rows * MachineProbes.width * MachineProbes.width) / less(seconds, fit[0]))
            }
            var engine = engine(rates, [
                "format": "int8", "method": "multiply", "packing": kernels.layout == .triples ? "1.667" : "2",
                "overhead": quantity(fit[0], "s", how), "bandwidth": quantity(best, "B/s", how),
            ])
            engine["residence"] = curve(bandwidths.map { ($0.0, $0.1 / best) }, of: "bytes", "chains of so many bytes of products")
            return .object(engine)
        }
    }

    private var dense: JSON {
        .object(engine(rates(probes.dense), [
            "format": "bf16", "overhead": quantity(1 / rate(probes.dispatch), "s", "a loop over all threads that does nothing"),
            "bandwidth": quantity(Double(probes.coldDense.bytes) * rate(probes.coldDense.probe), "B/s", "a matrix from memory"),
        ]))
    }

    private var attention: JSON {
        .object(engine(rates(probes.attention), [
            "format": "fp32", "overhead": quantity(1 / rate(probes.dispatch), "s", "a loop over all threads that does nothing"),
            "bandwidth": quantity(
                Double(probes.coldAttention.bytes) * rate(probes.coldAttention.probe), "B/s", "keys and values from memory"),
        ]))
    }

    private func rates(_ kernels: [MachineProbes.Kernel]) -> [(rows: Double, rate: Double)] {
        kernels.map { (Double($0.rows), Double($0.operations) * rate($0.probe)) }
    }

    /// Seconds of a product of one row.
    private func seconds(_ chain: MachineProbes.Products) -> Double {
        seconds(link: link((chain.probe, chain.links)), width: chain.width)
    }

    /// The rate of the rows that are fastest, and shares of it for others.
    private func engine(_ rates: [(rows: Double, rate: Double)], _ rest: JSONObject) -> JSONObject {
        let best = rates.map(\.rate).max() ?? 1
        var engine: JSONObject = ["rate": quantity(best, "mac/s", "operands in the caches")]
        for member in rest.members { engine[member.key] = member.value }
        engine["efficiency"] = curve(rates.map { ($0.rows, $0.rate / best) }, "so many rows")
        return engine
    }

    private var vector: JSON {
        let all = Double(threads)
        return [
            "rate": quantity(all * rows.rate, "op/s", "kernels of rows on one thread, times the threads"), "format": "fp32",
            "exponential": quantity(rows.long, "op", "fitted to the same kernels"),
            "division": quantity(rows.long, "op", "fitted to the same kernels"),
            "efficiency": curve(probes.rowsOfNorms.map { (Double($0.rows), share($0)) }, "chains of norms over so many rows"),
        ]
    }

    /// What all threads together reach of their kernels' speed: few rows are not worth more than one, many leave the nearest caches.
    private func share(_ norms: (rows: Int, probe: Int, links: Int)) -> Double {
        let ideal = 4 * Double(norms.rows) * Double(MachineProbes.width) / (rows.rate * Double(threads))
        return min(1, ideal / max(1e-12, link((norms.probe, norms.links)) - launch))
    }

    private func quantity(_ value: Double, _ unit: String, _ how: String) -> JSON {
        ["value": .number(value), "unit": .string(unit), "kind": "measured", "source": .string("sim-hw calibrate \(ternVersion): \(how)")]
    }

    private func curve(_ points: [(Double, Double)], of size: String = "rows", _ how: String) -> JSON {
        [
            "of": .string(size), "points": .array(points.map { [.number($0.0), .number(max(1e-4, $0.1))] }), "kind": "measured",
            "source": .string("sim-hw calibrate \(ternVersion): \(how)"),
        ]
    }
}
