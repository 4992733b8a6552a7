import Models
import Tensors
import Toolkit

/// One operation over and over, run as graphs are: what a launch of it takes, with all that is around it.
final class Chain {
    /// Links of it.
    let length: Int
    private let machine: Machine
    private let start: Session

    private init(_ length: Int, _ kernels: Kernels, _ pool: ThreadPool, _ body: (GraphBuilder) -> Stream) throws {
        let graph = try Graph(body)
        let weights = try Weights(graph, from: RandomTensors(for: graph, tables: nil, threads: pool), kernels: kernels, threads: pool)
        machine = try Machine(graph, weights, kernels: kernels, threads: pool)
        (self.length, start) = (length, graph.session)
    }

    /// So many tokens.
    func run(tokens: Int = 1) {
        var feeds = [Machine.Feed(start, Array(repeating: 1, count: tokens)[...], wanted: .all)]
        try? machine.run(&feeds) { _, _, _ in }
    }

    /// Additions of short rows.
    static func additions(_ kernels: Kernels, _ pool: ThreadPool) throws -> Chain {
        try Chain(64, kernels, pool) { model in
            (0..<64).reduce(model.embedding("table", vocabulary: 2, width: 32)) { x, _ in x + x }
        }
    }

    /// Norms, whose values stay of a size.
    static func norms(width: Int, _ kernels: Kernels, _ pool: ThreadPool) throws -> Chain {
        try Chain(16, kernels, pool) { model in
            (0..<16).reduce(model.embedding("table", vocabulary: 2, width: width)) { x, link in x.norm("norm.\(link)", epsilon: 1e-6) }
        }
    }

    /// Norm, quantisation and ternary product of square matrices, `bytes` bytes of them.
    static func products(width: Int, bytes: Int, _ kernels: Kernels, _ pool: ThreadPool) throws -> Chain {
        let length = max(2, bytes / kernels.layout.bytes(rows: width, width: width))
        return try Chain(length, kernels, pool) { model in
            (0..<length).reduce(model.embedding("table", vocabulary: 2, width: width)) { x, link in
                x.norm("norm.\(link)", epsilon: 1e-6).quantised("quantised.\(link)").ternaryLinear("product.\(link)", to: width)
            }
        }
    }

    /// More than the caches of most processors hold.
    static let coldBytes = 384 << 20
}
