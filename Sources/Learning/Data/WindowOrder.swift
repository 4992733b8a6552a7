import Tensors

/// In which order a text's windows are learnt from: each once an epoch, shuffled anew in each, where the cuts between windows move too.
/// The order follows from the seed and the number of windows taken alone, so that a run can go on at any of them.
package struct WindowOrder {
    /// Tokens from one window to the next; a window has one more, the last one's target.
    let context: Int
    /// Windows in an epoch.
    package let count: Int
    private let tokens: Int
    private let seed: UInt64
    private var epoch = -1
    private var order: [Int32] = []
    private var offset = 0

    /// Of `tokens` tokens; there has to be one window at least.
    package init(tokens: Int, context: Int, seed: UInt64) {
        precondition(tokens > context, "a window has to fit")
        // One window less than there is room for lets the cuts move.
        count = max(1, (tokens - 1) / context - 1)
        (self.tokens, self.context, self.seed) = (tokens, context, seed)
    }

    /// The tokens of the window that is taken when `taken` have been.
    package mutating func window(after taken: Int) -> Range<Int> {
        if taken / count != epoch { begin(taken / count) }
        let start = offset + Int(order[taken % count]) * context
        return start..<start + context + 1
    }

    private mutating func begin(_ epoch: Int) {
        self.epoch = epoch
        var random = Random(seed: seed &+ UInt64(epoch) &* 0x9e37_79b9_7f4a_7c15)
        offset = Int.random(in: 0...min(context - 1, tokens - 1 - count * context), using: &random)
        order = (0..<Int32(count)).shuffled(using: &random)
    }
}
