import Basis
import Learning
import Tokens

/// When an answer is right: what comes after the last marker has to be it, as tokens or as text without the white space around it.
package struct AnswerRule {
    private let marker: SpelledTokens
    private let tokenizer: Tokenizer?

    package init(_ marker: SpelledTokens, _ tokenizer: Tokenizer?) throws {
        (self.marker, self.tokenizer) = (marker, tokenizer)
        guard let text = marker.text, !contains(Array(text.utf8), self.text(marker.tokens)) else { return }
        throw Failure("the model's tokenizer cannot spell the marker '\(text)'")
    }

    package func isRight(_ said: [Int32], answer: [Int32]) -> Bool {
        if let text = marker.text {
            return end(of: Array(text.utf8), in: self.text(said)).map { isSame(self.text(said)[$0...], self.text(answer)[...]) } ?? false
        }
        guard let end = end(of: marker.tokens, in: said) else { return false }
        return said[end...].elementsEqual(answer) || isSame(text(Array(said[end...]))[...], text(answer)[...])
    }

    private func text(_ tokens: [Int32]) -> [UInt8] { tokenizer?.decode(tokens, skippingSpecialTokens: false) ?? [] }

    private func contains(_ part: [UInt8], _ text: [UInt8]) -> Bool { end(of: part, in: text) != nil }

    /// Whether two texts are the same and not empty but for white space around them.
    private func isSame(_ a: ArraySlice<UInt8>, _ b: ArraySlice<UInt8>) -> Bool {
        let (a, b) = (trimmed(a), trimmed(b))
        return !a.isEmpty && a == b
    }

    private func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = text.drop { $0 <= 0x20 }
        return start[..<(start.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? start.endIndex)]
    }

    /// Where the last place ends that a part stands at.
    private func end<Element: Equatable>(of part: [Element], in whole: [Element]) -> Int? {
        guard part.count <= whole.count else { return nil }
        let start = (0...whole.count - part.count).last { whole[$0..<$0 + part.count].elementsEqual(part) }
        return start.map { $0 + part.count }
    }
}
