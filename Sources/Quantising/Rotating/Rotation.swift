import Models

/// Where a graph can be turned without anybody noticing: in the residual stream, and in what each head of attention carries. Weights that
/// write there are turned one way, weights that read there the other, so the model computes the same, but outliers of single columns are
/// spread over all (Ashkboos et al. 2024, "QuaRot", section 4, stages 1a and 1b without those that cost time when the model runs).
public struct Rotation: Sendable {
    /// What becomes of a weight, step by step.
    enum Change: Hashable, Sendable {
        /// Columns times the gain of a norm.
        case gained(by: String)
        /// Every row turned, in parts of so many columns.
        case rows(part: Int)
        /// Every column turned, in parts of so many rows; of a vector, itself.
        case columns(part: Int)
        /// Ones, for its numbers have gone into other weights.
        case ones
    }

    /// By the weight's name.
    let changes: [String: [Change]]

    /// Nil where nothing can be turned: a head that is also the embedding reads the stream through a norm and writes it without one.
    public init?(of graph: Graph) {
        let readers = graph.readers
        guard let residual = ResidualStream(graph, readers) else { return nil }
        var changes = residual.changes
        for node in graph.nodes.indices {
            guard let head = HeadStream(graph, attention: node, readers) else { continue }
            for (name, more) in head.changes { changes[name, default: []] += more }
        }
        self.changes = changes
    }

    /// Why `init` may give nothing.
    public static let refusal =
        "the model's stream is not one of sums, norms and matrices alone, its head is its embedding, or its width is no multiple of 16"

    /// Numbers that are turned together: as many as the largest power of two that divides the width.
    static func part(of width: Int) -> Int { width & -width }
}
