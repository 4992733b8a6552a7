import Basis
import Learning
import Models

/// Goes on with texts as the model that is trained would: many side by side, each until it ends.
package struct Continuation {
    private let trace: Trace
    private let sampler: TokenSampler
    private let ends: [[Int32]]
    private let length: Int

    /// What was said after a text, without what ended it.
    package struct Said {
        package var tokens: [Int32] = []
        /// False where it was cut.
        package var hasEnded = false
    }

    /// A text ends with any of `ends`, and is cut after `length` tokens.
    package init(_ trace: Trace, _ sampler: TokenSampler, ends: [[Int32]], length: Int) {
        (self.trace, self.sampler, self.ends, self.length) = (trace, sampler, ends, length)
    }

    /// What is said after each text, of which none is empty, in passes of at most `rows` rows; a single text may take more.
    package func callAsFunction(
        _ texts: [[Int32]], seeds: [UInt64], rows: Int, _ advance: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
    ) throws -> [Said] {
        var said: [Said] = []
        try trace.begin(rows: 1)
        while said.count < texts.count {
            try advance(said.count, texts.count)
            let pass = pass(texts, from: said.count, rows)
            said += try goOn(Array(texts[pass]), Array(seeds[pass]))
        }
        return said
    }

    /// As many texts as there is room for, one at least.
    private func pass(_ texts: [[Int32]], from start: Int, _ rows: Int) -> Range<Int> {
        var end = start, taken = 0
        repeat {
            taken += texts[end].count + length
            end += 1
        } while end < texts.count && taken + texts[end].count + length <= rows
        return start..<end
    }

    /// A text that has not ended: its number, its last row, and the token that comes next.
    private struct Open {
        let text: Int
        var row: Int
        var next: Int32
    }

    private func goOn(_ texts: [[Int32]], _ seeds: [UInt64]) throws -> [Said] {
        var said = texts.map { _ in Said() }, open = try begin(texts)
        for step in 0..<length where !open.isEmpty {
            let start = trace.forest.count
            let logits = try trace.extend { forest in for text in open { forest.add(text.next, after: text.row) } }
            let chosen = sampler.tokens(logits, seeds: open.map { TokenSampler.seed(seeds[$0.text], [step]) })
            for index in open.indices {
                (open[index].row, open[index].next) = (start + index, chosen[index])
                add(chosen[index], to: &said[open[index].text])
            }
            open.removeAll { said[$0.text].hasEnded }
        }
        return said
    }

    /// Runs all of each text but its last token: the first one that is chosen is chosen like all others then.
    private func begin(_ texts: [[Int32]]) throws -> [Open] {
        trace.beginAgain(rows: texts.reduce(0) { $0 + $1.count + length })
        var open: [Open] = [], end = 0
        for (index, text) in texts.enumerated() {
            end += text.count - 1
            open.append(Open(text: index, row: text.count > 1 ? end - 1 : -1, next: text[text.count - 1]))
        }
        if end > 0 { try trace.extend { forest in for text in texts { forest.add(text: text.dropLast()) } } }
        return open
    }

    private func add(_ token: Int32, to said: inout Said) {
        said.tokens.append(token)
        guard let end = ends.first(where: { said.tokens.suffix($0.count).elementsEqual($0) }) else { return }
        said.tokens.removeLast(end.count)
        said.hasEnded = true
    }
}
