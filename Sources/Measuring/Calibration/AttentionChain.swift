import Models
import Tensors
import Toolkit

/// Layers of attention whose keys and values come from memory, as in a text that goes on after many tokens.
final class AttentionChain {
    /// Of keys and values that a token looks at, about.
    let bytes: Int
    private let machine: Machine
    private let start: Session
    private var session: Session
    private var fed = 0

    private static let layers = 24, heads = 16, width = 64, tokens = 1024

    init(_ kernels: Kernels, _ pool: ThreadPool) throws {
        let (heads, width) = (AttentionChain.heads, AttentionChain.width)
        let graph = try Graph { model in
            (0..<AttentionChain.layers).reduce(model.embedding("table", vocabulary: 2, width: heads * width)) { x, layer in
                x.attention(keys: x, values: x, heads: heads, keyValueHeads: heads, name: "layer.\(layer)")
            }
        }
        let weights = try Weights(graph, from: RandomTensors(for: graph, threads: pool), kernels: kernels, threads: pool)
        machine = try Machine(graph, weights, kernels: kernels, threads: pool)
        var feeds = [Machine.Feed(graph.session, Array(repeating: 1, count: AttentionChain.tokens)[...], wanted: .last)]
        try machine.run(&feeds) { _, _, _ in }
        (start, session) = (feeds[0].session, feeds[0].session)
        bytes = AttentionChain.layers * 2 * heads * width * AttentionChain.tokens * MemoryLayout<Float>.size
    }

    /// One more token; the text begins again after some, so that it stays about as long.
    func run() {
        if fed == 32 { (session, fed) = (start, 0) }
        var feeds = [Machine.Feed(session, [1], wanted: .last)]
        // Held in one place only, so that nothing is copied.
        session = .none
        try? machine.run(&feeds) { _, _, _ in }
        session = feeds[0].session
        fed += 1
    }
}
