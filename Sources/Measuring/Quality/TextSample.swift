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
        let vocabulary = model.graph.outputWidth, isOneText = plan.windowing == .halves
        let separator = isOneText ? nil : documentEnd(model.checkpoint.files, tokenizer, vocabulary: vocabulary)
        let reading = Tokenisation(tokenizer, separator: separator, vocabulary: vocabulary)
        var tokens: [Int32] = []
        try reading.run(plan.data.map { try Corpus($0, heldOut: plan.heldOut) }, .heldOut) { tokens += $0 }
        let begin = isOneText ? tokenizer?.encode([]).first : nil
        (texts, windows) = TextSample.texts(tokens, separator, plan, context: context, begin: begin)
        guard !texts.isEmpty else {
            throw Failure(
                isOneText
                    ? "the data has \(tokens.count) tokens, too few for a window of \(context)"
                    : "the data has no token to predict: the first of a document is none")
        }
    }

    /// Documents, or parts of such, that have a token to predict, with the window of each. `begin` takes the place of a window's first.
    private static func texts(
        _ tokens: [Int32], _ separator: Int32?, _ plan: QualityPlan, context: Int, begin: Int32?
    ) -> ([ScoredText], [Int]) {
        let all = TextWindow.all(plan.windowing, over: tokens.count, context: context, stride: plan.stride ?? context)
        var texts: [ScoredText] = [], windows: [Int] = []
        tokens.withUnsafeBufferPointer { tokens in
            for window in TextWindow.spread(plan.windows, of: all) {
                let number = (windows.last ?? -1) + 1
                for (tokens, start) in window.texts(of: tokens, separator: separator) {
                    let tokens = begin.map { [$0] + tokens.dropFirst() } ?? tokens
                    texts.append(ScoredText(tokens, from: start, seed: plan.seed(ofText: texts.count)))
                    windows.append(number)
                }
            }
        }
        return (texts, windows)
    }

    private static func context(_ plan: QualityPlan, _ limit: ContextLimit) throws -> Int {
        let usual = max(plan.stride ?? 1, min(plan.windowing.usualContext, limit.tokens ?? .max)), context = plan.context ?? usual
        guard context <= limit.tokens ?? .max else {
            throw Failure("a window of \(context) tokens is longer than the \(limit.tokens ?? 0) that the model was made for")
        }
        return context
    }
}
