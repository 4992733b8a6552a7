import Basis
import Models
import Tensors
import Toolkit

/// This machine as a device of `sim-hw`: what its kernels reach, measured one by one. No model runs.
public final class MachineCalibration {
    let kernels: Kernels
    let pool: ThreadPool
    private let rounds: Int
    private let seconds: Double
    private var probes: [Probe] = []

    /// Something that is measured: how often a second it can be done.
    private struct Probe {
        let body: () -> Void
        var rate = Samples()
    }

    /// Measures everything `rounds` times for `seconds` each, and counts the best.
    public init(_ kernels: Kernels, _ pool: ThreadPool, rounds: Int, seconds: Double) {
        (self.kernels, self.pool, self.rounds, self.seconds) = (kernels, pool, rounds, seconds)
    }

    /// The device as a file describes it, tern-device(5). Everything is measured in turns, so that an hour's noise is spread over all of it.
    public func device(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> JSON {
        let plan = try MachineProbes(self)
        for round in 0..<rounds {
            for index in probes.indices { probes[index].rate.append(callRate(seconds: seconds, probes[index].body)) }
            progress(round + 1, rounds)
        }
        return try MachineFile(plan, machine: MachineDescription(kernels), threads: pool.threads) { [probes] in probes[$0].rate.best }.json
    }

    /// Adds a probe and does it once, so that memory is had; returns its number.
    func add(_ body: @escaping () -> Void) -> Int {
        body()
        probes.append(Probe(body: body))
        return probes.count - 1
    }
}

/// Probes, each by its number, with what one call of it does.
struct MachineProbes {
    typealias Kernel = (probe: Int, rows: Int, operations: Int, bytes: Int)

    /// Bytes that a call reads, and the capacity of the level.
    let memories: [(name: String, capacity: Int, probe: Int, bytes: Int)]
    let ternary: [Kernel]
    /// A link of each is a norm with quantisation and a product by so many bytes.
    let chains: [(width: Int, probe: Int, links: Int, bytes: Int)]
    let dense: [Kernel]
    let coldDense: Kernel
    let attention: [Kernel]
    let coldAttention: Kernel
    let rows: [(cost: Cost, probe: Int)]
    let additions: (probe: Int, links: Int)
    let norms: (probe: Int, links: Int)
    let norm: Int
    let dispatch: Int

    init(_ machine: MachineCalibration) throws {
        let (kernels, pool) = (machine.kernels, machine.pool), batches = [1, 2, 4, 8, 16, 32, 64, 128, 256]
        func add(_ kernel: KernelCase) -> Kernel {
            (machine.add { kernel.call(kernels) }, kernel.rows, kernel.operations, kernel.bytes)
        }
        memories = MachineProbes.levels(pool.threads).map { name, capacity, size in
            let memory = SharedReading(bytes: size, kernels, pool)
            return (name, capacity, machine.add { memory.read() }, memory.bytes)
        }
        ternary = try KernelCase.ternaryProducts(bytes: 4 << 20, batches, layouts: [kernels.layout], pool: pool).map(add)
        chains = try [1024, 2048, 4096].map { width in
            let chain = try Chain.products(width: width, kernels, pool)
            return (width, machine.add { chain.run() }, chain.length, kernels.layout.bytes(rows: width, width: width))
        }
        dense = KernelCase.denseProducts(bytes: 4 << 20, batches, pool: pool).map(add)
        coldDense = add(KernelCase.denseProducts(bytes: Chain.coldBytes, [1], pool: pool)[0])
        attention = [1, Query.most].map { add(KernelCase.attention(heads: pool.threads, queries: $0, elements: [.float32], pool: pool)[0]) }
        coldAttention = add(KernelCase.attention(heads: 128, queries: 1, elements: [.float32], pool: pool)[0])
        rows = KernelCase.priced(kernels).map { cost, call in (cost, machine.add(call)) }
        let additions = try Chain.additions(kernels, pool), norms = try Chain.norms(kernels, pool)
        self.additions = (machine.add { additions.run() }, additions.length)
        self.norms = (machine.add { norms.run() }, norms.length)
        let (x, gain, out) = (Floats(KernelCase.width), Floats(KernelCase.width), Floats(KernelCase.width))
        norm = machine.add { kernels.rmsNorm(x.start, gain: gain.start, epsilon: 1e-6, width: KernelCase.width, into: out.start) }
        dispatch = machine.add { pool.parallel(pool.threads, grain: 1) { _ in } }
    }

    /// Each level of the caches from the second on, read to five eighths, and the memory.
    private static func levels(_ threads: Int) -> [(name: String, capacity: Int, read: Int)] {
        CacheLevel.all(processors: threads).map { ("L\($0.level)", $0.bytes, $0.bytes * 5 / 8) }
            + [("memory", physicalBytes(), Limits.standardBytes)]
    }
}

/// Memory that all threads read, each a part of its own, over and over.
final class SharedReading {
    /// That a call reads.
    let bytes: Int
    private let memory: Bytes
    private let part: Int
    private let passes: Int
    private let kernels: Kernels
    private let pool: ThreadPool

    init(bytes: Int, _ kernels: Kernels, _ pool: ThreadPool) {
        (self.kernels, self.pool) = (kernels, pool)
        memory = Bytes(max(1 << 16, bytes), repeating: 1)
        part = memory.count / pool.threads / 64 * 64
        passes = max(1, (1 << 25) / memory.count)
        self.bytes = part * pool.threads * passes
    }

    func read() {
        pool.parallel(pool.threads, grain: 1) { range in
            for thread in range {
                let own = UnsafeRawBufferPointer(rebasing: memory.buffer[thread * part..<(thread + 1) * part])
                for _ in 0..<passes { SharedReading.keep(kernels.read(own)) }
            }
        }
    }

    /// Keeps the compiler from leaving out what computes a value that nobody needs.
    @inline(never) private static func keep(_ value: UInt64) {}
}
