import Basis
import Learning
import Models
import Tensors

/// Texts with thoughts behind their tokens, as rows of a trace: the text; then for each thought a start, its tokens and an end, and after
/// that the text's own next tokens. Every thought is a branch that leaves the text at its token, so that no other sees it.
package struct ThoughtPass {
    /// A thought behind token `position` of a text.
    package struct Thought {
        package let text: Int
        package let position: Int
        /// Which of the several behind this token.
        package let copy: Int
    }

    package let texts: [[Int32]]
    package let thoughts: [Thought]
    /// Thoughts behind each token.
    package let copies: Int
    /// What the texts are a part of.
    package let whole: WholePass
    /// The first row of each text.
    package let textRows: [Int]
    /// The first row of each step of the thoughts, each of which has a row for every thought.
    package private(set) var stepRows: [Int] = []
    /// The tokens drawn, step by step.
    package private(set) var drawn: [[Int32]] = []

    /// Thoughts behind every token that has a next one, `copies` of them. The texts may be a part of a pass.
    package init(_ texts: [[Int32]], copies: Int, of whole: WholePass? = nil) {
        (self.texts, self.copies) = (texts, copies)
        self.whole = whole ?? WholePass(lengths: texts.map(\.count))
        thoughts = texts.indices.flatMap { text in
            (0..<max(0, texts[text].count - 1)).flatMap { position in
                (0..<copies).map { Thought(text: text, position: position, copy: $0) }
            }
        }
        var rows: [Int] = [], end = 0
        for text in texts {
            rows.append(end)
            end += text.count
        }
        textRows = rows
    }

    /// Rows of the text.
    package var textCount: Int { texts.reduce(0) { $0 + $1.count } }

    /// The row of token `position` of a text.
    package func row(_ text: Int, _ position: Int) -> Int { textRows[text] + position }

    /// The token that comes `ahead` tokens after the one that a thought is behind; nil beyond the text's end.
    package func token(_ thought: Thought, ahead: Int) -> Int32? {
        let place = thought.position + ahead
        return place < texts[thought.text].count ? texts[thought.text][place] : nil
    }

    /// Runs the texts, and thoughts of `count` tokens that `choose` draws from a step's rows; then `ahead` - 1 of the text's tokens.
    package mutating func run(
        _ trace: Trace, _ thinking: Thinking, count: Int, ahead: Int, choose: (_ step: Int, Rows) throws -> [Int32]
    ) throws {
        try trace.begin(rows: textCount + thoughts.count * (count + 1 + ahead))
        try trace.extend { forest in for text in texts { forest.add(text: text) } }
        var rows = try step(trace, [Int32](repeating: Int32(thinking.start), count: thoughts.count))
        for index in 0..<count {
            drawn.append(try choose(index, rows))
            rows = try step(trace, drawn[index])
        }
        try step(trace, [Int32](repeating: Int32(thinking.end), count: thoughts.count))
        for place in 1..<max(1, ahead) { try step(trace, thoughts.map { token($0, ahead: place) ?? 0 }) }
    }

    /// Adds a token to every thought.
    @discardableResult
    private mutating func step(_ trace: Trace, _ tokens: [Int32]) throws -> Rows {
        let last = stepRows.last
        stepRows.append(trace.forest.count)
        return try trace.extend { forest in
            for (index, thought) in thoughts.enumerated() {
                forest.add(tokens[index], after: last.map { $0 + index } ?? row(thought.text, thought.position))
            }
        }
    }
}
