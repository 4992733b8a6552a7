import Basis
import Tensors

/// What the operations of a graph find in their contexts while it is trained, made of the latent weights anew before each step: trits
/// where the graph multiplies by trits.
final class TrainingWeights {
    private(set) var parameters: [Parameter]
    /// The latent weights of each node.
    let latents: [[Int]]
    private let graph: Graph
    private let quantiser: any Quantiser.Type
    private let kernels: Kernels
    private let threads: ThreadPool
    /// Of each node with a ternary matrix: its trits in the form of files.
    private let codes: [AlignedMemory?]

    init(_ graph: Graph, _ latents: Latents, quantiser: any Quantiser.Type, kernels: Kernels, threads: ThreadPool) throws {
        (self.graph, self.quantiser, self.kernels, self.threads) = (graph, quantiser, kernels, threads)
        self.latents = try graph.nodes.map { node in
            try node.operation.weights.map { weight in
                guard let index = latents.index(of: weight) else { throw Failure("tensor '\(weight.source)' is missing") }
                return index
            }
        }
        codes = graph.nodes.map { node in
            guard let weight = node.operation.weight, weight.kind == .ternary else { return nil }
            return AlignedMemory(byteCount: weight.codeShape.reduce(1, *))
        }
        parameters = Array(repeating: .none, count: graph.nodes.count)
        try update(from: latents)
    }

    /// Takes the latent weights as they are now.
    func update(from latents: Latents) throws {
        for (index, node) in graph.nodes.enumerated() {
            let own = self.latents[index]
            guard let weight = node.operation.weight, let latent = own.first else {
                parameters[index] = own.isEmpty ? .none : .several(own.map { DenseParameter(Array(latents.values($0))) })
                continue
            }
            try placing("tensor '\(weight.source)'") {
                let values = UnsafeBufferPointer(latents.values(latent))
                parameters[index] =
                    switch weight.kind {
                    case .dense: .dense(DenseParameter(node.operation.prepared(Array(values))))
                    case .table: .table(try table(weight, values, latents))
                    case .ternary: .trits(try matrix(weight, values, codes[index]?.bytes))
                    }
            }
        }
    }

    private func table(_ weight: Weight, _ values: UnsafeBufferPointer<Float>, _ owner: Latents) throws -> Table {
        try Table(
            rows: weight.rows, columns: weight.columns, element: .float32, memory: UnsafeRawBufferPointer(values), owner: owner)
    }

    private func matrix(
        _ weight: Weight, _ values: UnsafeBufferPointer<Float>, _ codes: UnsafeMutableRawBufferPointer?
    ) throws -> TernaryMatrix {
        let (rows, columns) = (weight.rows, weight.columns)
        let latent = try FloatMatrix(rows: rows, columns: columns, element: .float32, bytes: UnsafeRawBufferPointer(values))
        guard let codes else { preconditionFailure("a ternary matrix has memory for its codes") }
        let scale = try quantiser.quantise(latent, codes: codes, kernels, threads).scale
        return try TernaryMatrix(
            copying: UnsafeRawBufferPointer(codes), rows: rows, columns: columns, scale: scale, layout: kernels.layout, kernels: kernels,
            pool: threads)
    }

    func codes(of node: Int) -> UnsafePointer<UInt8>? { UnsafePointer(codes[node]?.bytes.bindMemory(to: UInt8.self).baseAddress) }
}
