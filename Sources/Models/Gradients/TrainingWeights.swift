import Basis
import Tensors

/// What the operations of a graph find in their contexts while it is trained, made of the latent weights anew before each step: trits
/// where the graph multiplies by trits.
final class TrainingWeights {
    private(set) var parameters: [Parameter]
    /// Of each node with a ternary matrix: its trits as floats.
    private(set) var trits: [FloatBlock?]
    /// The latent weight of each node.
    let latents: [Int?]
    private let graph: Graph
    private let quantiser: any Quantiser.Type
    private let kernels: Kernels
    private let threads: ThreadPool
    private let codes: AlignedMemory
    private let floats: [AlignedMemory?]

    init(_ graph: Graph, _ latents: Latents, quantiser: any Quantiser.Type, kernels: Kernels, threads: ThreadPool) throws {
        (self.graph, self.quantiser, self.kernels, self.threads) = (graph, quantiser, kernels, threads)
        self.latents = try graph.nodes.map { node in
            guard let weight = node.operation.weight else { return nil }
            guard let index = latents.index(of: weight) else { throw Failure("tensor '\(weight.source)' is missing") }
            return index
        }
        let ternary = graph.nodes.map { node in node.operation.weight.flatMap { $0.kind == .ternary ? $0 : nil } }
        codes = AlignedMemory(byteCount: ternary.reduce(0) { max($0, $1?.codeShape.reduce(1, *) ?? 0) })
        floats = ternary.map { $0.map { AlignedMemory(byteCount: 4 * $0.count) } }
        (parameters, trits) = (Array(repeating: .none, count: graph.nodes.count), Array(repeating: nil, count: graph.nodes.count))
        try update(from: latents)
    }

    /// Takes the latent weights as they are now.
    func update(from latents: Latents) throws {
        for (index, node) in graph.nodes.enumerated() {
            guard let weight = node.operation.weight, let latent = self.latents[index] else { continue }
            try placing("tensor '\(weight.source)'") {
                let values = UnsafeBufferPointer(latents.values(latent))
                parameters[index] =
                    switch weight.kind {
                    case .dense: .dense(DenseParameter(node.operation.prepared(Array(values))))
                    case .table: .table(try table(weight, values, latents))
                    case .ternary: .trits(try matrix(weight, values, index))
                    }
            }
        }
    }

    private func table(_ weight: Weight, _ values: UnsafeBufferPointer<Float>, _ owner: Latents) throws -> Table {
        try Table(
            rows: weight.rows, columns: weight.columns, element: .float32, memory: UnsafeRawBufferPointer(values), owner: owner)
    }

    private func matrix(_ weight: Weight, _ values: UnsafeBufferPointer<Float>, _ node: Int) throws -> TernaryMatrix {
        let (rows, columns) = (weight.rows, weight.columns)
        let latent = try FloatMatrix(rows: rows, columns: columns, element: .float32, bytes: UnsafeRawBufferPointer(values))
        let codes = UnsafeMutableRawBufferPointer(rebasing: codes.bytes[..<weight.codeShape.reduce(1, *)])
        let scale = try quantiser.quantise(latent, codes: codes, kernels, threads).scale
        widen(UnsafeRawBufferPointer(codes), weight, node)
        return try TernaryMatrix(
            copying: UnsafeRawBufferPointer(codes), rows: rows, columns: columns, scale: scale, layout: kernels.layout, kernels: kernels,
            pool: threads)
    }

    private func widen(_ codes: UnsafeRawBufferPointer, _ weight: Weight, _ node: Int) {
        guard let start = floats[node]?.bytes.bindMemory(to: Float.self).baseAddress else { return }
        let columns = weight.columns, rowBytes = Trits.rowBytes(width: columns)
        threads.parallel(weight.rows, grain: max(1, 65536 / columns)) { part in
            for row in part { Trits.widen(codes, from: row * rowBytes, width: columns, into: start + row * columns) }
        }
        trits[node] = FloatBlock(start, rows: weight.rows, columns: columns, stride: columns)
    }
}
