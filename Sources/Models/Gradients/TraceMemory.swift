import Tensors

/// The rows of all nodes of a trace, and the gradients by them.
struct TraceMemory {
    private(set) var capacity = 0
    private let forms: [Form]
    private var values: [AlignedMemory] = []
    private var gradients: [AlignedMemory] = []

    init(_ graph: Graph) { forms = graph.nodes.map(\.form) }

    /// Room for so many rows.
    mutating func reserve(_ rows: Int) {
        guard rows > capacity else { return }
        values = forms.map { AlignedMemory(byteCount: Rows.bytes(of: $0) * rows) }
        gradients = forms.map { AlignedMemory(byteCount: Rows.bytes(of: .floats($0.width)) * rows) }
        capacity = rows
    }

    func rows(_ node: Int, count: Int) -> Rows { rows(values[node], forms[node], count) }
    func gradient(_ node: Int, count: Int) -> Rows { rows(gradients[node], .floats(forms[node].width), count) }

    private func rows(_ memory: AlignedMemory, _ form: Form, _ count: Int) -> Rows {
        guard let base = memory.bytes.baseAddress else { preconditionFailure("memory is reserved before rows are added") }
        return Rows(form: form, count: count, base: base, capacity: capacity)
    }

    func clearGradients(count: Int) {
        for (memory, form) in zip(gradients, forms) {
            memory.bytes.prefix(Rows.bytes(of: .floats(form.width)) * count).initializeMemory(as: UInt8.self, repeating: 0)
        }
    }
}
