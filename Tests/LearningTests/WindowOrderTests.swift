import Learning
import Testing

@Suite struct WindowOrderTests {
    @Test(arguments: [(9, 8), (16, 8), (17, 8), (25, 8), (1000, 7), (31, 30)])
    func `an epoch takes every window once, within the text`(_ tokens: Int, _ context: Int) {
        var order = WindowOrder(tokens: tokens, context: context, seed: 3)
        for epoch in 0..<5 {
            let windows = (0..<order.count).map { order.window(after: epoch * order.count + $0) }
            #expect(windows.allSatisfy { $0.count == context + 1 && $0.lowerBound >= 0 && $0.upperBound <= tokens })
            let starts = windows.map(\.lowerBound).sorted()
            #expect(zip(starts, starts.dropFirst()).allSatisfy { $1 - $0 == context })
        }
    }

    @Test func `the order differs by epoch and seed, and does not depend on what was asked before`() {
        var order = WindowOrder(tokens: 1000, context: 10, seed: 1), other = WindowOrder(tokens: 1000, context: 10, seed: 2)
        let first = (0..<3 * order.count).map { order.window(after: $0).lowerBound }
        #expect(first[..<order.count].map { $0 / 10 } != first[order.count..<2 * order.count].map { $0 / 10 })
        #expect(first[..<order.count] != (0..<order.count).map { other.window(after: $0).lowerBound }[...])
        var jumping = WindowOrder(tokens: 1000, context: 10, seed: 1)
        for place in [250, 3, 120, 97, 98, 0] { #expect(jumping.window(after: place).lowerBound == first[place]) }
    }
}
