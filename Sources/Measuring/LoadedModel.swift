import Models
import Tensors
import Toolkit

/// A model in memory, and what it took to get it there.
public final class LoadedModel {
    /// As the command line named it.
    public let name: String
    public let kernels: Kernels
    private let graph: Graph
    private let weights: Weights
    /// From the opening of the file on, until it could run.
    let loadSeconds: Double
    /// From then on, until the token that follows eight others was known.
    let firstTokenSeconds: Double
    /// The most memory resident up to then; nil where the system does not say.
    let peakBytes: Int?
    /// Threads that loaded it.
    let threads: Int

    /// `layout` is what `--layout` says; `embedding` is what tables of floats become on the way, nil leaves them as they are.
    public init(
        _ argument: String, layout: String? = nil, embedding: IntegerBits? = nil, _ kernels: Kernels, _ pool: ThreadPool
    ) throws {
        let start = Progress.now
        let model = try OpenModel(argument, layout: layout, threads: pool)
        weights = try model.weights(kernels, pool, tables: embedding)
        (name, self.kernels, graph, threads) = (argument, kernels, model.graph, pool.threads)
        let machine = try Machine(graph, weights, kernels: kernels, threads: pool)
        let loaded = Progress.now
        _ = try PromptReading(machine, tokens: 8, from: graph.session).step()
        (loadSeconds, firstTokenSeconds) = (loaded - start, Progress.now - loaded)
        peakBytes = peakResidentBytes()
    }

    /// The model run by so many threads; its weights are shared.
    func machine(threads: Int) throws -> Machine {
        try Machine(graph, weights, kernels: kernels, threads: ThreadPool(threads: threads))
    }

    func emptySession(cache: CacheElement) -> Session { graph.emptySession(cache: cache) }

    /// Whether a token costs more the more came before it.
    public var remembersTokens: Bool {
        graph.nodes.contains { if case .keysAndValues = $0.operation.memory { true } else { false } }
    }

    var weightCount: Int { graph.weights.reduce(0) { $0 + $1.count } }

    /// Bytes that all of its weights take in memory.
    var memoryBytes: Int { weights.byteCount }
}
