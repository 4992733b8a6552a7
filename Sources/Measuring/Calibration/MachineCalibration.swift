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

    /// The device as a file describes it, tern-device(5). Everything is measured in turns, so that an hour's noise is spread over all of
    /// it.
    public func device(_ progress: (_ done: Int, _ total: Int) -> Void) throws -> JSON {
        let plan = try MachineProbes(self)
        for round in 0..<rounds {
            for index in probes.indices { probes[index].rate.append(callRate(seconds: seconds, probes[index].body)) }
            progress(round + 1, rounds)
        }
        return try MachineFile(plan, kernels, threads: pool.threads) { [probes] in probes[$0].rate.best }.json
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
    typealias Products = (width: Int, probe: Int, links: Int, bytes: Int, total: Int)
    typealias Kernel = (probe: Int, rows: Int, operations: Int, bytes: Int)

    /// Bytes that a call reads, and the capacity of the level.
    let memories: [(name: String, capacity: Int, probe: Int, bytes: Int)]
    /// Links of one chain, with so many tokens.
    let rowsOfProducts: [(rows: Int, probe: Int, links: Int)]
    /// A link of each is a norm with quantisation and a product by so many bytes; all of its matrices take `total`.
    let chains: [Products]
    let dense: [Kernel]
    let coldDense: Kernel
    let attention: [Kernel]
    let coldAttention: Kernel
    let rows: [(cost: Cost, probe: Int)]
    let additions: (probe: Int, links: Int)
    let rowsOfNorms: [(rows: Int, probe: Int, links: Int)]
    let dispatch: Int

    init(_ machine: MachineCalibration) throws {
        let (kernels, pool) = (machine.kernels, machine.pool), batches = [1, 2, 4, 8, 16, 32, 64, 128, 256]
        func add(_ kernel: KernelCase) -> Kernel {
            (machine.add { kernel.call(kernels) }, kernel.rows, kernel.operations, kernel.bytes)
        }
        memories = MachineProbes.levels(pool.threads).map { name, capacity, size in
            let memory = SharedAdding(bytes: size, kernels, pool)
            return (name, capacity, machine.add { memory.add() }, memory.bytes)
        }
        let short = try Chain.products(width: MachineProbes.width, bytes: 8 << 20, kernels, pool)
        rowsOfProducts = batches.map { rows in (rows, machine.add { short.run(tokens: rows) }, short.length) }
        chains = try MachineProbes.chains.map { width, total in
            let chain = try Chain.products(width: width, bytes: total, kernels, pool)
            return (width, machine.add { chain.run() }, chain.length, kernels.layout.bytes(rows: width, width: width), total)
        }
        dense = KernelCase.denseProducts(bytes: 4 << 20, batches, pool: pool).map(add)
        coldDense = add(KernelCase.denseProducts(bytes: Chain.coldBytes, [1], pool: pool)[0])
        attention = [1, Query.most].map { add(KernelCase.attention(heads: pool.threads, queries: $0, elements: [.float32], pool: pool)[0]) }
        let far = try AttentionChain(kernels, pool)
        coldAttention = (machine.add { far.run() }, 1, 0, far.bytes)
        rows = KernelCase.priced(kernels).map { cost, call in (cost, machine.add(call)) }
        let additions = try Chain.additions(kernels, pool)
        self.additions = (machine.add { additions.run() }, additions.length)
        let norms = try Chain.norms(width: MachineProbes.width, kernels, pool)
        rowsOfNorms = [1, 8, 32, 256].map { rows in (rows, machine.add { norms.run(tokens: rows) }, norms.length) }
        dispatch = machine.add { pool.parallel(pool.threads, grain: 1) { _ in } }
    }

    /// Widths of matrices, and bytes of all of them: of models that no cache holds, of different sizes of matrices; and of smaller
    /// models, of which the caches keep a part.
    private static let chains = [
        (1024, Chain.coldBytes), (4096, Chain.coldBytes), (width, Chain.coldBytes), (width, Chain.coldBytes / 2),
        (width, Chain.coldBytes / 4), (width, Chain.coldBytes / 8),
    ]
    /// Of most matrices.
    static let width = 2048

    /// Each level of the caches from the second on, filled to five eighths, and the memory.
    private static func levels(_ threads: Int) -> [(name: String, capacity: Int, read: Int)] {
        CacheLevel.all(processors: threads).map { ("L\($0.level)", $0.bytes, $0.bytes * 5 / 8) }
            + [("memory", physicalBytes(), Limits.standardBytes)]
    }
}

/// Rows that all threads add, each those of its own, over and over: as activations go through a cache, two are read and one is written.
final class SharedAdding {
    /// That a call reads and writes.
    let bytes: Int
    private let memory: Floats
    private let width: Int
    private let passes: Int
    private let kernels: Kernels
    private let pool: ThreadPool

    init(bytes: Int, _ kernels: Kernels, _ pool: ThreadPool) {
        (self.kernels, self.pool) = (kernels, pool)
        width = max(1024, bytes / (3 * 4 * pool.threads))
        memory = Floats(3 * width * pool.threads)
        passes = max(1, (1 << 24) / (3 * 4 * width * pool.threads))
        self.bytes = 3 * 4 * width * pool.threads * passes
    }

    func add() {
        pool.parallel(pool.threads, grain: 1) { range in
            for thread in range {
                let own = memory.start + 3 * width * thread
                for _ in 0..<passes { kernels.add(own, own + width, width: width, into: own + 2 * width) }
            }
        }
    }
}
