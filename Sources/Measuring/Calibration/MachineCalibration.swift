import Basis
import Models
import Tensors
import Toolkit

/// This machine as a device of `sim-hw`: what its kernels reach, measured one by one. No model runs.
public final class MachineCalibration {
    private let kernels: Kernels
    private let pool: ThreadPool
    private let rounds: Int
    private let seconds: Double
    private let machine: MachineDescription
    private let caches: [CacheLevel]

    /// Measures everything `rounds` times for `seconds` each, and counts the best.
    public init(_ kernels: Kernels, _ pool: ThreadPool, rounds: Int, seconds: Double) {
        (self.kernels, self.pool, self.rounds, self.seconds) = (kernels, pool, rounds, seconds)
        machine = MachineDescription(kernels)
        caches = CacheLevel.all(processors: pool.threads)
    }

    /// Rows of activations that products are measured with.
    private static let batches = [1, 2, 4, 8, 16, 32, 64, 128, 256]
    /// A matrix that no cache holds, and one that is as large as those of models.
    private static let memoryBytes = 256 << 20
    private static let matrixBytes = 4 << 20

    /// The device as a file describes it, tern-device(5).
    public func device(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> JSON {
        let parts: [() throws -> Void] = [measureMemories, measureTernary, measureDense, measureRows, measureAttention]
        for (index, part) in parts.enumerated() {
            try part()
            progress(index + 1, parts.count)
        }
        return file
    }

    private var memories: [JSON] = []
    private var ternary = JSON.null
    private var dense = JSON.null
    private var vector = RowPrices()
    private var attention = JSON.null
}

// Measuring.
extension MachineCalibration {
    /// Calls a second, the best of the rounds.
    private func rate(_ body: () -> Void) -> Double {
        body()
        return (0..<rounds).reduce(0) { best, _ in max(best, callRate(seconds: seconds, body)) }
    }

    private func measureMemories() {
        memories = caches.map { cache in
            memory("L\(cache.level)", capacity: cache.bytes, rate: readRate(bytes: cache.bytes * 5 / 8))
        }
        memories.append(memory("memory", capacity: physicalBytes(), rate: readRate(bytes: Limits.standardBytes)))
    }

    /// Bytes a second that all threads together read, each a part of its own, over and over.
    private func readRate(bytes: Int) -> Double {
        let memory = Bytes(max(1 << 16, bytes)), part = memory.count / pool.threads, passes = max(1, (1 << 26) / memory.count)
        return Double(part * pool.threads * passes) * rate {
            pool.parallel(pool.threads, grain: 1) { range in
                for thread in range {
                    let own = UnsafeRawBufferPointer(rebasing: memory.buffer[thread * part..<(thread + 1) * part])
                    for _ in 0..<passes { keep(kernels.read(own)) }
                }
            }
        }
    }

    private func measureTernary() throws {
        let layouts = [kernels.layout], batches = MachineCalibration.batches
        let near = try KernelCase.ternaryProducts(bytes: MachineCalibration.matrixBytes, batches, layouts: layouts, pool: pool)
        let far = try KernelCase.ternaryProducts(bytes: MachineCalibration.memoryBytes, [1], layouts: layouts, pool: pool)
        ternary = engine(
            near, far, ["packing": kernels.layout == .triples ? "1.667" : "2", "method": "multiply", "format": "int8"])
    }

    private func measureDense() {
        let batches = MachineCalibration.batches
        let near = KernelCase.denseProducts(bytes: MachineCalibration.matrixBytes, batches, pool: pool)
        let far = KernelCase.denseProducts(bytes: MachineCalibration.memoryBytes, [1], pool: pool)
        dense = engine(near, far, ["format": "bf16", "overhead": quantity(0, "s", "part of what was measured")])
    }

    /// The rate of the most rows that are fastest, shares of it for fewer, and the bandwidth that one row reaches from memory.
    private func engine(_ near: [KernelCase], _ far: [KernelCase], _ rest: JSONObject) -> JSON {
        let rates = near.map { kernel in (rows: kernel.rows, rate: Double(kernel.operations) * rate { kernel.call(kernels) }) }
        let best = rates.map(\.rate).max() ?? 1
        var engine: JSONObject = ["rate": quantity(best, "mac/s", "products of a matrix of 4 MiB")]
        for member in rest.members { engine[member.key] = member.value }
        if engine["overhead"] == nil { engine["overhead"] = quantity(dispatchSeconds, "s", "a loop over all threads that does nothing") }
        engine["efficiency"] = curve(rates.map { (Double($0.rows), $0.rate / best) })
        if let kernel = far.first {
            engine["bandwidth"] = quantity(Double(kernel.bytes) * rate { kernel.call(kernels) }, "B/s", "one row by a matrix of 256 MiB")
        }
        return .object(engine)
    }

    /// What it takes to have all threads begin and end a loop.
    private var dispatchSeconds: Double {
        1 / rate { pool.parallel(pool.threads, grain: 1) { range in keep(UInt64(range.count)) } }
    }

    private func measureRows() throws {
        vector = try RowPrices(KernelCase.priced(kernels).map { kernel in (kernel.cost, 1 / rate { kernel.call() }) })
    }

    private func measureAttention() {
        guard let kernel = KernelCase.attention().first else { return }
        let calls = rate { kernel.call(kernels) }
        attention = [
            "rate": quantity(Double(kernel.operations * pool.threads) * calls, "mac/s", "one head on one thread, times the threads"),
            "format": "fp32", "overhead": quantity(dispatchSeconds, "s", "a loop over all threads that does nothing"),
        ]
    }
}

// The file.
extension MachineCalibration {
    private var file: JSON {
        [
            "device": "this-machine", "title": .string("\(machine.processor), \(pool.threads) threads, \(machine.level.rawValue)"), "class": "cpu",
            "note": "Measured by kernels alone; no model ran. Energy is not known.",
            "memories": .array(memories), "engines": ["ternary": ternary, "dense": dense, "attention": attention, "vector": vectorEngine],
            "launches": "node", "overhead": quantity(0, "s", "rows are worked on without a launch"),
            "pass-rows": .integer(Machine.rowLimit), "energies": "jouppi-7nm",
        ]
    }

    private var vectorEngine: JSON {
        let threads = Double(pool.threads)
        // Few rows are not worth more than one thread.
        let few = 16384.0 / Double(KernelCase.width)
        return [
            "rate": quantity(threads * vector.rate, "op/s", "row-wise kernels on one thread, times the threads"),
            "exponential": quantity(vector.exponential, "op", "fitted to the same kernels"),
            "division": quantity(vector.division, "op", "fitted to the same kernels"), "format": "fp32",
            "efficiency": curve(pool.threads == 1 ? [(1, 1)] : [(1, 1 / threads), (few, 1 / threads), (few * threads, 1)]),
        ]
    }

    private func memory(_ name: String, capacity: Int, rate: Double) -> JSON {
        [
            "name": .string(name), "capacity": quantity(Double(capacity), "B", "as the system tells"),
            "bandwidth": quantity(rate, "B/s", "read by all threads, over and over"),
        ]
    }

    private func quantity(_ value: Double, _ unit: String, _ how: String) -> JSON {
        [
            "value": .number(value), "unit": .string(unit), "kind": "measured",
            "source": .string("sim-hw calibrate \(ternVersion): \(how)"),
        ]
    }

    private func curve(_ points: [(Double, Double)]) -> JSON {
        [
            "of": "rows", "points": .array(points.map { [.number($0.0), .number($0.1)] }), "kind": "measured",
            "source": .string("sim-hw calibrate \(ternVersion): products of so many rows"),
        ]
    }
}

/// Keeps the compiler from leaving out what computes a value that nobody needs.
@inline(never) private func keep(_ value: UInt64) {}
