import Basis
import Tensors

/// Runs a graph on its weights: the first reading of the graph. Not for two threads at once; it owns the memory of its rows.
public final class Machine {
    /// The graph as given; what runs is an equal one in fewer steps.
    public let graph: Graph
    public let kernels: Kernels
    public let threads: ThreadPool
    let steps: [Step]
    private let stages: [Stage]
    private let plan: MemoryPlan
    /// The tokens that the model knows are below this.
    public let vocabulary: Int
    /// From this node on, where a stage begins, no operation has state or looks at tokens: rows whose output nobody wants may be left out.
    let tail: Int
    private var arena = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var capacity = 0
    /// Of the last pass, which the next one is likely to be like.
    private var layout = Layout(rows: [], steps: [])
    private let workspace = ProductWorkspace()

    /// Rows that go through the graph at once; longer inputs go in parts, with the same result.
    public static let rowLimit = 256

    /// Fails if the weights are not those that the graph names. `optimising: false` keeps every node, so that each can be observed.
    public init(_ graph: Graph, _ weights: Weights, kernels: Kernels, threads: ThreadPool, optimising: Bool = true) throws {
        (self.graph, self.kernels, self.threads) = (graph, kernels, threads)
        let schedule = Schedule(graph, optimising: optimising), running = schedule.graph
        plan = MemoryPlan(running, stages: schedule.stages)
        let names = graph.statefulNodes.map { graph.nodes[$0].name }
        steps = try running.nodes.map { node in
            let slot = node.operation.memory == .nothing ? nil : names.firstIndex(of: node.name)
            return Step(node, try weights.parameter(for: node.operation), slot: slot)
        }
        stages = Machine.stages(of: steps, schedule.stages, threads)
        vocabulary = running.nodes.lazy.compactMap { ($0.operation as? Embedding)?.weight?.rows }.min() ?? 0
        tail = schedule.tail
        try checkMemory()
    }

    deinit { arena.deallocate() }

    /// Rows and states of a graph that nobody vouches for could be wider than any memory.
    private func checkMemory() throws {
        let states = steps.reduce(0) { sum, step in
            if case .floats(let width) = step.operation.memory { sum + width * MemoryLayout<Float>.size } else { sum }
        }
        let bytes = plan.size * Machine.rowLimit + states
        guard bytes <= Machine.memoryLimit else {
            throw Failure("the graph's rows and states take \(bytes) bytes, more than \(Machine.memoryLimit)")
        }
    }

    /// Much more than the rows of any real model take.
    private static let memoryLimit = 64 << 30

    /// Tokens for one session, and which of their outputs are wanted.
    public struct Feed {
        public var session: Session
        public let tokens: ArraySlice<Int32>
        public let wanted: Wanted

        public init(_ session: Session, _ tokens: ArraySlice<Int32>, wanted: Wanted) {
            (self.session, self.tokens, self.wanted) = (session, tokens, wanted)
        }

        /// How many outputs are wanted, those of the last tokens.
        var wantedCount: Int {
            switch wanted {
            case .none: 0
            case .last: 1
            case .all: tokens.count
            case .suffix(let count): count
            }
        }
    }

    /// Which tokens of a feed.
    public enum Wanted: Sendable { case none, last, all, suffix(Int) }

    /// The output of one token: its feed, its position among the feed's tokens, and a row as wide as the graph's output.
    public typealias Visit = (_ feed: Int, _ token: Int, _ row: UnsafeBufferPointer<Float>) throws -> Void

    /// Fills the memory of all rows with NaN before each pass, so that a test sees whatever is read before it is written.
    package var poisons = false

    /// Sees the rows of a node just after it ran. For tests and traces.
    package var observe: ((Graph.Node, Rows) -> Void)?

    /// Feeds each session its tokens and visits the wanted outputs, in order for each feed. How feeds are grouped changes no bit.
    public func run(_ feeds: inout [Feed], _ visit: Visit) throws {
        var done = [Int](repeating: 0, count: feeds.count)
        while true {
            let parts = nextParts(feeds, done)
            guard !parts.isEmpty else { return }
            try run(parts, &feeds, visit)
            for part in parts { done[part.feed] = part.tokens.upperBound }
        }
    }

    /// Tokens of one feed that go through the graph in one pass.
    private struct Part {
        let feed: Int
        let tokens: Range<Int>
    }

    private func nextParts(_ feeds: [Feed], _ done: [Int]) -> [Part] {
        var room = Machine.rowLimit, parts: [Part] = []
        for (index, feed) in feeds.enumerated() where room > 0 && done[index] < feed.tokens.count {
            let count = min(room, feed.tokens.count - done[index])
            parts.append(Part(feed: index, tokens: done[index]..<done[index] + count))
            room -= count
        }
        return parts
    }

    private func run(_ parts: [Part], _ feeds: inout [Feed], _ visit: Visit) throws {
        let tokens = parts.flatMap { feeds[$0.feed].tokens.dropFirst($0.tokens.lowerBound).prefix($0.tokens.count) }
        let wanted = wantedRows(parts, feeds)
        reserve(rows: tokens.count)
        if poisons { arena.initializeMemory(as: UInt8.self, repeating: 0xFF) }
        let output = try pass(tokens, parts, &feeds, kept: wanted.map(\.row))
        for (index, want) in wanted.enumerated() {
            try visit(want.feed, want.token, UnsafeBufferPointer(start: output[index], count: output.width))
        }
    }

    private struct WantedRow {
        let row: Int
        let feed: Int
        let token: Int
    }

    private func wantedRows(_ parts: [Part], _ feeds: [Feed]) -> [WantedRow] {
        var first = 0, result: [WantedRow] = []
        for part in parts {
            let feed = feeds[part.feed]
            for token in part.tokens where token >= feed.tokens.count - feed.wantedCount {
                result.append(WantedRow(row: first + token - part.tokens.lowerBound, feed: part.feed, token: token))
            }
            first += part.tokens.count
        }
        return result
    }

    private func reserve(rows: Int) {
        guard rows > capacity else { return }
        arena.deallocate()
        arena = .allocate(byteCount: max(64, plan.size * rows), alignment: 64)
        capacity = rows
        layout = Layout(rows: [], steps: [])
    }
}

// One pass over the nodes.
extension Machine {
    /// What all nodes of a pass share.
    private struct Pass {
        let tokens: UnsafeBufferPointer<Int32>
        let segments: [Segment]
        /// [segment][slot]
        let states: [[StateMemory]]
    }

    private func pass(_ tokens: [Int32], _ parts: [Part], _ feeds: inout [Feed], kept: [Int]) throws -> Rows {
        let states = try parts.map { try feeds[$0.feed].session.prepare(tokens: $0.tokens.count) }
        let segments = segments(parts, feeds)
        for part in parts { feeds[part.feed].session.position += part.tokens.count }
        return tokens.withUnsafeBufferPointer { run(Pass(tokens: $0, segments: segments, states: states), kept: kept) }
    }

    private func segments(_ parts: [Part], _ feeds: [Feed]) -> [Segment] {
        var first = 0
        return parts.map { part in
            defer { first += part.tokens.count }
            return Segment(rows: first..<first + part.tokens.count, position: feeds[part.feed].session.position)
        }
    }

    private func run(_ pass: Pass, kept: [Int]) -> Rows {
        let count = pass.tokens.count
        var layout = layout(rows: count)
        for stage in stages {
            if stage.nodes.lowerBound == tail, kept.count < count { keep(kept, &layout) }
            guard layout.rows[stage.nodes.lowerBound].count > 0 else { continue }
            run(stage, pass, layout)
            if let observe { for node in stage.nodes { observe(steps[node].node, layout.rows[node]) } }
        }
        if tail == steps.count { keep(kept, &layout) }
        return layout.rows[steps.count - 1]
    }

    /// Products all in one go; other nodes side by side where there are too few rows to share out.
    private func run(_ stage: Stage, _ pass: Pass, _ layout: Layout) {
        if steps[stage.nodes.lowerBound].multiplies {
            for parameter in stage.soon { parameter.fetch() }
            if layout.rows[stage.nodes.lowerBound].count <= Kernels.few { threads.expect(stage.next) }
            multiply(stage.nodes, layout)
        } else if stage.isWide, layout.rows[stage.nodes.lowerBound].count < threads.threads {
            threads.parallel(stage.nodes.count) { part in
                for index in part { run(node: stage.nodes.lowerBound + index, pass, layout) }
            }
        } else {
            for node in stage.nodes { run(node: node, pass, layout) }
        }
    }

    private func multiply(_ stage: Range<Int>, _ layout: Layout) {
        withUnsafeTemporaryAllocation(of: TernaryProduct.self, capacity: stage.count) { products in
            for (index, node) in stage.enumerated() {
                let output = layout.rows[node]
                let product = TernaryProduct(
                    matrix: steps[node].parameter.matrix, activations: layout.inputs[node][0].quantised, count: output.count,
                    out: output[0], outStride: output.stride)
                products.initializeElement(at: index, to: product)
            }
            multiplyAll(UnsafeBufferPointer(products), workspace: workspace, kernels: kernels, pool: threads)
            products.deinitialize()
        }
    }

    private func run(node index: Int, _ pass: Pass, _ layout: Layout) {
        let step = steps[index]
        let context = RunContext(
            kernels: kernels, threads: threads, tokens: pass.tokens, segments: pass.segments, parameter: step.parameter,
            states: step.slot.map { slot in pass.states.map { $0[slot] } } ?? [])
        step.operation.run(layout.inputs[index], layout.rows[index], context)
    }

    private func layout(rows count: Int) -> Layout {
        if layout.rows.first?.count != count {
            layout = Layout(rows: steps.indices.map { node in rowsOfNode(node, count) }, steps: steps[...])
        }
        return layout
    }

    private func rowsOfNode(_ node: Int, _ count: Int) -> Rows {
        Rows(form: steps[node].form, count: count, base: arenaBase + plan.offsets[node] * capacity, capacity: capacity)
    }

    private var arenaBase: UnsafeMutableRawPointer {
        guard let base = arena.baseAddress else { preconditionFailure("the arena is reserved before a pass") }
        return base
    }

    /// Moves the rows to keep to the front, in what the nodes before the tail hand to those in it, or hand out if there is no tail.
    private func keep(_ kept: [Int], _ layout: inout Layout) {
        let readers = steps[tail...].flatMap(\.inputs)
        let handed = Set(readers.isEmpty ? [steps.count - 1] : readers).filter { $0 < tail }
        for node in handed {
            for (to, from) in kept.enumerated() { layout.rows[node].move(from, to: to) }
        }
        for node in steps.indices where node >= tail || handed.contains(node) { layout.rows[node] = layout.rows[node].prefix(kept.count) }
        layout.connect(steps[tail...])
    }
}

/// Nodes that do not depend on each other.
private struct Stage {
    let nodes: Range<Int>
    /// Of products: the weights that are read between them and the next ones. Nothing else is then done that would hide how long those
    /// take to come.
    let soon: [DenseParameter]
    /// What each thread reads first of the products after these.
    let next: [UnsafeRawBufferPointer]
    /// Whether a row of the nodes is worth more than one thread.
    let isWide: Bool
}

extension Machine {
    private static func stages(of steps: [Step], _ stages: [Range<Int>], _ pool: ThreadPool) -> [Stage] {
        stages.map { nodes in
            let soon = steps[nodes.upperBound...].prefix { !$0.multiplies }
            let next = stages.first { $0.lowerBound >= soon.endIndex }.map { steps[$0] } ?? []
            return Stage(
                nodes: nodes, soon: soon.flatMap(\.parameter.denseParts),
                next: firstReads(of: next.map(\.parameter.matrix), pool: pool),
                isWide: nodes.count > 1 && steps[nodes].reduce(0) { $0 + $1.form.width } >= RunContext.sideGrain)
        }
    }
}

/// The rows of all nodes in a pass.
private struct Layout {
    var rows: [Rows]
    /// Those that each node reads.
    private(set) var inputs: [[Rows]]

    init(rows: [Rows], steps: ArraySlice<Step>) {
        (self.rows, inputs) = (rows, Array(repeating: [], count: rows.count))
        connect(steps)
    }

    /// Gives steps the rows that they read.
    mutating func connect(_ steps: ArraySlice<Step>) {
        for node in steps.indices { inputs[node] = steps[node].inputs.map { rows[$0] } }
    }
}
