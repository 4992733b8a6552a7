import Tensors

/// The rows of all nodes of a trace, and the gradients by them.
///
/// Gradients within a block live while it is pulled, all blocks' in the same memory. So do the rows of blocks that `limit` leaves no room
/// to remember: they are there once the block has run, until another one does.
struct TraceMemory {
    let blocks: TraceBlocks
    private(set) var capacity = 0
    /// Of each block: whether its rows are remembered.
    private(set) var remembered: [Bool]
    private let forms: [Form]
    private let limit: Int
    private var values: [Place] = []
    private var gradients: [Place] = []

    private struct Place {
        let memory: AlignedMemory
        let offset: Int
    }

    /// `limit` is how many bytes it should not exceed.
    init(_ graph: Graph, limit: Int) {
        blocks = TraceBlocks(graph)
        (forms, self.limit, remembered) = (graph.nodes.map(\.form), limit, blocks.ranges.map { _ in false })
    }

    /// Room for so many rows.
    mutating func reserve(_ rows: Int) {
        guard rows > capacity else { return }
        capacity = rows
        (values, gradients) = ([], [])
        chooseRemembered()
        values = places({ Rows.bytes(of: $0) }) { block, node in remembered[block] || blocks.kept[node] }
        gradients = places({ Rows.bytes(of: .floats($0.width)) }) { block, node in node == blocks.ranges[block].upperBound - 1 }
    }

    /// As many of the last blocks as there is room for, since going back begins with them.
    private mutating func chooseRemembered() {
        func bytes(_ nodes: some Sequence<Int>) -> Int { capacity * nodes.reduce(0) { $0 + Rows.bytes(of: forms[$1]) } }
        let passing = blocks.ranges.map { $0.filter { !blocks.kept[$0] } }
        let gradients = 2 * (blocks.ranges.map { bytes($0) }.max() ?? 0)
        var left = limit - gradients - bytes(forms.indices.filter { blocks.kept[$0] })
        for block in blocks.ranges.indices.reversed() {
            left -= bytes(passing[block])
            remembered[block] = left >= 0
        }
    }

    /// A place for each node: of its own where `own` says so, else one in memory that all blocks share.
    private func places(_ size: (Form) -> Int, own: (Int, Int) -> Bool) -> [Place] {
        func bytes(_ node: Int) -> Int { capacity * size(forms[node]) }
        let shared = blocks.ranges.enumerated().map { block, range in range.reduce(0) { $0 + (own(block, $1) ? 0 : bytes($1)) } }
        let memory = AlignedMemory(byteCount: shared.max() ?? 0)
        return blocks.ranges.enumerated().flatMap { block, range in
            var end = 0
            return range.map { node in
                guard !own(block, node) else { return Place(memory: AlignedMemory(byteCount: bytes(node)), offset: 0) }
                defer { end += bytes(node) }
                return Place(memory: memory, offset: end)
            }
        }
    }

    func rows(_ node: Int, count: Int) -> Rows { rows(values[node], forms[node], count) }
    func gradient(_ node: Int, count: Int) -> Rows { rows(gradients[node], .floats(forms[node].width), count) }

    private func rows(_ place: Place, _ form: Form, _ count: Int) -> Rows {
        guard let base = place.memory.bytes.baseAddress else { preconditionFailure("memory is reserved before rows are added") }
        return Rows(form: form, count: count, base: base + place.offset, capacity: capacity)
    }

    func clearGradients(of nodes: Range<Int>, count: Int) {
        for node in nodes {
            let bytes = Rows.bytes(of: .floats(forms[node].width)) * count, place = gradients[node]
            let start = place.memory.bytes.baseAddress.map { $0 + place.offset }
            UnsafeMutableRawBufferPointer(start: start, count: bytes).initializeMemory(as: UInt8.self, repeating: 0)
        }
    }
}
