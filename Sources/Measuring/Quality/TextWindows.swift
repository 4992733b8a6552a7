/// How a text is cut in windows, and which of their tokens are predicted.
public enum TextWindowing: String, CaseIterable, Sendable {
    /// Windows that begin a stride after each other, each of which predicts what none before it did: the first all of its tokens, others
    /// as many as the stride has.
    case sliding
    /// Those of llama.cpp's llama-perplexity: one after the other without what is left over at the end, each begun by what begins a text,
    /// of which the second half is predicted. Documents are one text to it.
    case halves = "llama.cpp"

    /// Tokens of a window if nobody says how many.
    var usualContext: Int { self == .sliding ? 256 : 512 }
}

/// A window: what the model may see and has to predict.
package struct TextWindow: Hashable {
    package let range: Range<Int>
    /// Those from here on are predicted.
    package let scored: Int

    /// All windows over so many tokens. A sliding one feeds `context` tokens, and so holds the token after them, too.
    package static func all(_ windowing: TextWindowing, over tokens: Int, context: Int, stride step: Int) -> [TextWindow] {
        switch windowing {
        case .sliding:
            return stride(from: 0, to: max(0, tokens - 1), by: step).compactMap { start in
                let scored = start + 1 + (start == 0 ? 0 : context - step)
                return scored < tokens ? TextWindow(range: start..<min(tokens, start + context + 1), scored: scored) : nil
            }
        case .halves:
            return stride(from: 0, to: tokens - context + 1, by: context).map { start in
                TextWindow(range: start..<start + context, scored: start + context / 2 + 1)
            }
        }
    }

    /// At most `limit` of them, spread evenly.
    package static func spread(_ limit: Int, of windows: [TextWindow]) -> [TextWindow] {
        windows.count <= limit ? windows : (0..<limit).map { windows[$0 * windows.count / limit] }
    }

    /// The documents, or parts of such, that it holds and that have a token to predict, with the place of the first one. A separator ends a
    /// document; without one, all is one document.
    package func texts(of tokens: UnsafeBufferPointer<Int32>, separator: Int32?) -> [(tokens: [Int32], start: Int)] {
        var texts: [(tokens: [Int32], start: Int)] = [], begin = range.lowerBound
        for place in range where place + 1 == range.upperBound || tokens[place] == separator {
            let start = max(1, scored - begin)
            if begin + start <= place { texts.append((Array(tokens[begin...place]), start)) }
            begin = place + 1
        }
        return texts
    }
}
