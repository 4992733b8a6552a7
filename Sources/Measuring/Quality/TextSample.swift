import Basis
import Generation
import Learning
import Tokens
import Toolkit

/// Windows of documents, to be predicted.
struct TextSample {
    let context: Int
    /// The texts of all windows.
    let texts: [ScoredText]
    /// The window of each, among those that have any.
    let windows: [Int]

    /// Nil where the plan has no data.
    init?(_ plan: QualityPlan, _ model: OpenModel, _ tokenizer: Tokenizer?) throws {
        guard !plan.data.isEmpty else { return nil }
        context = try TextSample.context(plan, ContextLimit(model))
        let separator = documentEnd(model.checkpoint.files, tokenizer, vocabulary: model.graph.outputWidth)
        let reading = Tokenisation(tokenizer, separator: separator, vocabulary: model.graph.outputWidth)
        var tokens: [Int32] = []
        try reading.run(plan.data.map { try Corpus($0, heldOut: plan.heldOut) }, .heldOut) { tokens += $0 }
        let found = TextSample.texts(tokens, separator, plan, context: context)
        guard !found.isEmpty else { throw Failure("the data has no token to predict: the first of a document is none") }
        texts = found.enumerated().map { ScoredText($1.tokens, seed: plan.seed(ofText: $0)) }
        windows = found.map(\.window)
    }

    /// Documents, or parts of such, that have a token to predict, with their windows counted.
    private static func texts(
        _ tokens: [Int32], _ separator: Int32?, _ plan: QualityPlan, context: Int
    ) -> [(window: Int, tokens: [Int32])] {
        var texts: [(window: Int, tokens: [Int32])] = []
        tokens.withUnsafeBufferPointer { tokens in
            for range in Windows.spread(plan.windows, over: tokens.count, context: context) {
                let window = (texts.last?.window ?? -1) + 1, parts = Windows.texts(range, of: tokens, separator: separator)
                texts += parts.filter { $0.count > 1 }.map { (window, $0) }
            }
        }
        return texts
    }

    private static func context(_ plan: QualityPlan, _ limit: ContextLimit) throws -> Int {
        guard let context = plan.context else { return min(256, limit.tokens ?? .max) }
        guard context <= limit.tokens ?? .max else {
            throw Failure("a window of \(context) tokens is longer than the \(limit.tokens ?? 0) that the model was made for")
        }
        return context
    }
}
