/// Stretches of tokens that a model is judged by: so many of them, spread evenly over all there is.
package enum Windows {
    /// At most `limit` windows of `context` tokens, each with the one that comes after it.
    package static func spread(_ limit: Int, over tokens: Int, context: Int) -> [Range<Int>] {
        let starts = Array(stride(from: 0, to: max(0, tokens - 1), by: context))
        let chosen = starts.count <= limit ? starts : (0..<limit).map { starts[$0 * starts.count / limit] }
        return chosen.map { $0..<min(tokens, $0 + context + 1) }
    }

    /// A window as the documents, or parts of such, that it holds. A separator ends a document; without one, all is one document.
    package static func texts(_ window: Range<Int>, of tokens: UnsafeBufferPointer<Int32>, separator: Int32?) -> [[Int32]] {
        guard let separator else { return [Array(tokens[window])] }
        var texts: [[Int32]] = [], start = window.lowerBound
        for place in window where tokens[place] == separator || place + 1 == window.upperBound {
            texts.append(Array(tokens[start...place]))
            start = place + 1
        }
        return texts
    }
}
