import Basis
import Models

/// How a model thinks: what stands under `thinking` in its config.json.
package struct Thinking {
    /// Tokens that begin and end a thought. They may lie outside of the vocabulary: they have embeddings of their own.
    package let start: Int
    package let end: Int
    /// What embeddings of these are multiplied by.
    let scale: Float
    /// Tokens between them.
    let tokens: Int
    /// What fills thoughts instead of what the model would think (pause tokens: Goyal et al. 2023).
    let filler: Int32?

    package init(_ json: JSON) throws {
        guard let start = json["start"]?.intValue, let end = json["end"]?.intValue, start >= 0, end >= 0, start != end,
            start <= Int(Int32.max), end <= Int(Int32.max)
        else { throw Failure("config.json says no two tokens 'start' and 'end' under 'thinking'") }
        guard let tokens = json["tokens"]?.intValue, (0...1 << 16).contains(tokens) else {
            throw Failure("config.json says no number of 'tokens' under 'thinking'")
        }
        let scale = json["scale"]?.doubleValue ?? 100
        filler = try json["filler"].map { json in
            guard let filler = json.intValue.flatMap(Int32.init(exactly:)), filler >= 0 else {
                throw Failure("config.json has a 'filler' under 'thinking' that is no token")
            }
            return filler
        }
        guard scale > 0, scale <= 1e6 else { throw Failure("config.json has a 'scale' under 'thinking' that is not positive") }
        (self.start, self.end, self.tokens, self.scale) = (start, end, tokens, Float(scale))
    }

    package static let startEmbedding = "start_embedding", endEmbedding = "end_embedding", head = "talk_head.0"
    /// The node whose rows are mixed: the last norm before the head.
    package static let hidden = "model.norm"
    package static let recall = "thought.recall"
    static let weight = "thought.weight"
}

extension Graph {
    /// A language model's graph that can think: tokens that begin and end a thought have embeddings of their own, and the rows of the
    /// latter are mixed with those of the text, with a weight that a small network finds: W₄·relu(W₂·relu(W₀·[b; x] + b₀) + b₂).
    package func thinking(_ thinking: Thinking) throws -> Graph {
        guard let embedding = nodes.first(where: { $0.operation is Embedding }) else { throw Failure("the model has no embedding") }
        let opened = try inserting(behind: embedding.name) { x, _ in
            func weight(_ name: String) -> Weight { Weight(name, shape: [2, x.width], kind: .dense) }
            let start = Boundary(weight(Thinking.startEmbedding), token: thinking.start, scale: thinking.scale)
            let end = Boundary(weight(Thinking.endEmbedding), token: thinking.end, scale: thinking.scale)
            return x.apply(start, name: "thought.start").apply(end, name: "thought.end")
        }
        return try opened.inserting(behind: Thinking.hidden) { x, _ in
            let pair = x.apply(Recall(width: x.width, start: thinking.start), name: Thinking.recall)
            let weight = pair.layer("\(Thinking.head).0", to: x.width).layer("\(Thinking.head).2", to: x.width)
                .apply(Linear(matrix: Weight("\(Thinking.head).4.weight", shape: [1, x.width], kind: .table)), name: Thinking.weight)
            return pair.apply(Mix(width: x.width, token: thinking.end), weight, name: "thought.mix")
        }
    }
}

extension Stream {
    /// relu(W x + b).
    fileprivate func layer(_ name: String, to rows: Int) -> Stream {
        apply(Linear(matrix: Weight("\(name).weight", shape: [rows, width], kind: .table)), name: name)
            .apply(Bias(Weight("\(name).bias", shape: [rows], kind: .dense)), name: "\(name).bias").apply(ReLU(), name: "\(name).relu")
    }
}
