import Learning
import Testing

/// The windows that a model is judged by.
@Suite struct WindowsTests {
    @Test func `without a limit they hold every token but the first as a target once`() {
        for (tokens, context) in [(0, 4), (1, 4), (2, 4), (5, 4), (6, 4), (23, 5), (26, 5), (9, 1)] {
            let windows = Windows.spread(.max, over: tokens, context: context)
            #expect(windows.flatMap { $0.dropFirst() } == Array(1..<max(1, tokens)), "\(tokens) by \(context)")
            #expect(windows.dropLast().allSatisfy { $0.count == context + 1 })
        }
    }

    @Test func `a limit spreads them evenly`() {
        let windows = Windows.spread(4, over: 1001, context: 10)
        #expect(windows.map(\.lowerBound) == [0, 250, 500, 750] && windows.allSatisfy { $0.count == 11 })
        #expect(Windows.spread(200, over: 1001, context: 10).count == 100)
    }
}
