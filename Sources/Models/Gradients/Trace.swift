import Basis
import Tensors

/// A run of a graph over a forest of tokens that remembers what every node gave, so that gradients can go back through it: the reading
/// of the graph that training is made of.
///
/// Rows are added in parts, since a thought's next token is only known when its last one has run; gradients go back once, through all
/// of them.
public final class Trace {
    public let latents: Latents
    private let graph: Graph
    private let weights: TrainingWeights
    private let products: BackwardProducts
    private let kernels: Kernels
    private let threads: ThreadPool
    public private(set) var forest = Forest()
    private var memory: TraceMemory

    /// `memoryLimit` is how many bytes of rows it may remember; what goes beyond is computed anew on the way back. What it takes to do
    /// that is taken in any case.
    public init(
        _ graph: Graph, _ latents: Latents, quantiser: any Quantiser.Type, products: any FloatProducts, kernels: Kernels,
        threads: ThreadPool, memoryLimit: Int = .max
    ) throws {
        self.graph = graph.optimised
        (self.latents, self.kernels, self.threads) = (latents, kernels, threads)
        self.products = BackwardProducts(products, kernels: kernels, threads: threads)
        weights = try TrainingWeights(self.graph, latents, quantiser: quantiser, kernels: kernels, threads: threads)
        memory = TraceMemory(self.graph, limit: memoryLimit)
    }

    /// How many blocks of the graph, at the rows there is room for, are not computed a second time on the way back.
    package var rememberedBlocks: Int { memory.remembered.count { $0 } }

    /// Forgets all rows and takes the latent weights as they are now. `rows` is how many will be added at most.
    public func begin(rows: Int) throws {
        try weights.update(from: latents)
        beginAgain(rows: rows)
    }

    /// Forgets all rows, while the weights stay what they were when last they were taken.
    public func beginAgain(rows: Int) {
        forest = Forest()
        memory.reserve(rows)
    }

    /// Runs what `add` adds to the forest; returns the outputs of these rows. Of a graph that follows another, `give` writes the rows that
    /// are given to it.
    @discardableResult
    public func extend(_ add: (inout Forest) -> Void, give: (Rows) -> Void = { _ in }) throws -> Rows {
        let start = forest.count
        add(&forest)
        guard forest.count <= memory.capacity else { throw Failure("a pass over \(forest.count) tokens has room for \(memory.capacity)") }
        if graph.nodes[0].operation is Given { give(memory.rows(0, count: forest.count).part(start..<forest.count)) }
        run(graph.nodes.indices, start..<forest.count)
        return memory.rows(graph.nodes.count - 1, count: forest.count).part(start..<forest.count)
    }

    /// Runs nodes for a part of the rows.
    private func run(_ nodes: some Sequence<Int>, _ part: Range<Int>) {
        let segments = forest.chains(in: part, from: part.lowerBound)
        forest.tokens[part].withUnsafeBufferPointer { tokens in
            for node in nodes {
                let context = RunContext(
                    kernels: kernels, threads: threads, tokens: tokens, segments: segments, parameter: weights.parameters[node], states: [])
                graph.nodes[node].operation.grow(part, of: forest, inputs(node), memory.rows(node, count: forest.count), context)
            }
        }
    }

    private func inputs(_ node: Int) -> [Rows] { graph.nodes[node].inputs.map { memory.rows($0, count: forest.count) } }

    /// Adds to the gradients of the latent weights. `fill` is given the gradient by the outputs of all rows to write, which is zeros.
    public func pull(_ fill: (Rows) throws -> Void) rethrows {
        let last = graph.nodes.count - 1
        memory.clearGradients(of: last..<last + 1, count: forest.count)
        try fill(memory.gradient(last, count: forest.count))
        for block in memory.blocks.ranges.indices.reversed() { pull(block: block) }
    }

    /// The gradient by the rows that were given, once it has been pulled.
    public var givenGradient: Rows { memory.gradient(0, count: forest.count) }

    /// The rows of a node, which are there until another block of the graph runs where they are not remembered.
    package func rows(of name: String) throws -> Rows { memory.rows(try graph.node(named: name), count: forest.count) }

    /// The outputs of all rows.
    public var outputs: Rows { memory.rows(graph.nodes.count - 1, count: forest.count) }

    /// Takes the gradient by a block's last node to the block before it.
    private func pull(block: Int) {
        let nodes = memory.blocks.ranges[block]
        if !memory.remembered[block] { run(nodes.filter { !memory.blocks.kept[$0] }, 0..<forest.count) }
        memory.clearGradients(of: max(0, nodes.lowerBound - 1)..<nodes.upperBound - 1, count: forest.count)
        for node in nodes.reversed() { pull(node) }
    }

    private func pull(_ node: Int) {
        let own = weights.latents[node]
        let pull = Pull(
            inputs: inputs(node), output: memory.rows(node, count: forest.count),
            outputGradient: memory.gradient(node, count: forest.count),
            inputGradients: graph.nodes[node].inputs.map { memory.gradient($0, count: forest.count) },
            parameter: weights.parameters[node], latents: own.compactMap { UnsafePointer(latents.values($0).baseAddress) },
            weightGradients: own.compactMap { latents.gradients($0).baseAddress }, codes: weights.codes(of: node), forest: forest,
            products: products, kernels: kernels, threads: threads)
        graph.nodes[node].operation.pull(pull)
    }
}
