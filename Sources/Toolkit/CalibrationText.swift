import Basis
import Learning
import Models
import Tokens

/// A text whose activations tell which errors of a model's weights matter.
public struct CalibrationText {
    /// Windows, spread over all of it.
    let texts: [[Int32]]
    /// Whether some of them are only judged by.
    let holdsOut: Bool
    /// SHA-256 of its files.
    let digest: String

    /// At most `windows` windows of at most `context` tokens; fails where the model has no such.
    init(_ paths: [String], windows: Int, context: Int, holdsOut: Bool, _ model: OpenModel) throws {
        self.holdsOut = holdsOut
        let limit = try ContextLimit(model).tokens ?? .max
        guard context <= limit else {
            throw Failure("windows of \(context) tokens are longer than the \(limit) that the model was made for")
        }
        let hash = try SHA256()
        for path in paths { try MappedFile(path).withBytes { try hash.update($0) } }
        digest = try hash.finish().hex
        let tokenizer = try model.tokenizer(), vocabulary = model.graph.outputWidth
        let separator = documentEnd(model.checkpoint.files, tokenizer, vocabulary: vocabulary)
        var tokens: [Int32] = []
        try Tokenisation(tokenizer, separator: separator, vocabulary: vocabulary)
            .run(paths.map { try Corpus($0, heldOut: 0) }, .training) { tokens += $0 }
        texts = tokens.withUnsafeBufferPointer { tokens in
            Windows.spread(windows, over: tokens.count, context: context).flatMap {
                Windows.texts($0, of: tokens, separator: separator).filter { !$0.isEmpty }.map { Array($0) }
            }
        }
        guard !texts.isEmpty else { throw Failure("the calibration text has no tokens") }
    }

    /// Every eighth text, where there are as many: what choices are judged by.
    var judged: [[Int32]] { texts.count < 8 ? texts : texts.indices.filter { $0 % 8 == 7 }.map { texts[$0] } }

    /// The others: what errors are made up for on.
    var learnt: [[Int32]] { texts.count < 8 || !holdsOut ? texts : texts.indices.filter { $0 % 8 != 7 }.map { texts[$0] } }

    /// Of the windows' tokens, which depend on the tokenizer as well.
    var tokenDigest: String {
        get throws { try SHA256.digest(of: texts.flatMap { $0 + [-1] }.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }).hex }
    }

    /// How many tokens there are in all windows.
    var tokenCount: Int { texts.reduce(0) { $0 + $1.count } }
}
