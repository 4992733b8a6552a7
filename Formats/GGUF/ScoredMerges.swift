import Basis

/// The merges that tokens with scores stand for: SentencePiece joins the neighbours whose token has the highest score, so each way to
/// cut a token into two others is a merge, ranked by that token's score; of the ways to make one token, that with the longer left
/// part comes first, as in Hugging Face's converter.
struct ScoredMerges {
    private var merges: [(left: String, right: String, score: Double, length: Int)] = []

    /// `isMade` tells which tokens come of merging.
    init(tokens: [String], scores: [Double], isMade: (Int) -> Bool) {
        let ids = Dictionary(tokens.enumerated().filter { isMade($0.offset) }.map { ($1, $0) }) { first, _ in first }
        for (id, token) in tokens.enumerated() where isMade(id) && scores[id].isFinite {
            // A token of megabytes could be cut in as many places; SentencePiece makes none of more than 16 characters unless told to.
            guard token.utf8.count <= 256 else { continue }
            let scalars = Array(token.unicodeScalars)
            for cut in scalars.indices.dropFirst() {
                let left = ScoredMerges.text(scalars[..<cut]), right = ScoredMerges.text(scalars[cut...])
                if ids[left] != nil, ids[right] != nil { merges.append((left, right, scores[id], cut)) }
            }
        }
        merges = merges.enumerated().sorted { a, b in
            if a.element.score != b.element.score { return a.element.score > b.element.score }
            return a.element.length != b.element.length ? a.element.length > b.element.length : a.offset < b.offset
        }.map(\.element)
    }

    private static func text(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    /// `merges` of tokenizer.json.
    var json: JSON { .array(merges.map { [.string($0.left), .string($0.right)] }) }
}
