import Measuring
import Testing

/// How texts are cut in windows.
@Suite struct TextWindowTests {
    private func windows(_ tokens: Int, _ context: Int, _ stride: Int) -> [TextWindow] {
        TextWindow.all(.sliding, over: tokens, context: context, stride: stride)
    }

    @Test func `each token is predicted once, behind all but a stride of a window`() {
        for context in 1...7 {
            for stride in 1...context {
                for tokens in 0...30 {
                    let windows = windows(tokens, context, stride), what = "\(tokens) \(context) \(stride)"
                    let predicted = windows.flatMap { Array($0.scored..<$0.range.upperBound) }
                    #expect(predicted == (tokens < 2 ? [] : Array(1..<tokens)), "\(what)")
                    for window in windows {
                        // The last token of a window is not fed.
                        #expect(window.range.count - 1 <= context && window.scored < window.range.upperBound, "\(what)")
                        let seen = window.scored - window.range.lowerBound
                        #expect(window == windows.first ? seen == 1 : seen >= context - stride + 1, "\(what)")
                    }
                }
            }
        }
    }

    @Test func `sliding windows, counted by hand`() {
        let found = windows(11, 4, 2).map { "\($0.range) \($0.scored)" }
        #expect(found == ["0..<5 1", "2..<7 5", "4..<9 7", "6..<11 9"])
        #expect(windows(10, 4, 2).map(\.range).last == 6..<10)
    }

    @Test func `llama-perplexity's windows, counted by hand`() {
        let found = TextWindow.all(.halves, over: 14, context: 6, stride: 6).map { "\($0.range) \($0.scored)" }
        #expect(found == ["0..<6 4", "6..<12 10"])
        #expect(TextWindow.all(.halves, over: 5, context: 6, stride: 6).isEmpty)
        // n_ctx - n_ctx/2 - 1 tokens are counted.
        #expect(TextWindow.all(.halves, over: 512, context: 512, stride: 512).map { $0.range.upperBound - $0.scored } == [255])
    }

    @Test func `few are spread evenly`() {
        let all = windows(1001, 10, 10)
        #expect(TextWindow.spread(4, of: all).map(\.range.lowerBound) == [0, 250, 500, 750] && TextWindow.spread(100, of: all) == all)
    }

    @Test func `documents are read apart, with what is predicted of each`() {
        let tokens: [Int32] = [5, 6, 0, 7, 0, 8, 9, 10, 0]
        func texts(_ window: TextWindow, _ separator: Int32?) -> [String] {
            tokens.withUnsafeBufferPointer { window.texts(of: $0, separator: separator) }.map { "\($0.tokens) \($0.start)" }
        }
        #expect(texts(windows(9, 20, 20)[0], 0) == ["[5, 6, 0] 1", "[7, 0] 1", "[8, 9, 10, 0] 1"])
        let last = windows(9, 6, 2)[1]
        #expect(last.range == 2..<9 && last.scored == 7)
        #expect(texts(last, 0) == ["[8, 9, 10, 0] 2"])
        #expect(texts(last, nil) == ["[0, 7, 0, 8, 9, 10, 0] 5"])
    }

    @Test func `words begin behind white space, in a token or between two`() {
        let texts = ["I", " dream", " of\n", "thee", ",", "  ", "a b", "", "c"].map { TokenText(Array($0.utf8)) }
        let words = zip(texts, texts.dropFirst()).map { $1.words(after: $0) }
        #expect(words == [1, 1, 1, 0, 0, 2, 0, 1] && texts.map(\.bytes) == [1, 6, 4, 4, 1, 2, 3, 0, 1])
    }
}
