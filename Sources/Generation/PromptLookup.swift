/// Guesses what comes next by looking for the last tokens earlier in the text (prompt lookup decoding, Saxena 2023). A guess costs
/// little to find, and much to verify in vain: guesses get as much longer as they prove right, and more and more rare while they fail.
package struct PromptLookup {
    /// Tokens of the longest guess.
    private let longest: Int
    /// Tokens of the next one.
    private var length: Int
    /// Guesses to leave out now, and after the next failure half of those to leave out then.
    private var rest = 0
    private var pause = 0
    package private(set) var drafted = 0
    package private(set) var accepted = 0

    package init(longest: Int) { (self.longest, length) = (longest, min(longest, PromptLookup.firstLength)) }

    /// Tokens that have to agree: the more, the more likely is what followed them to follow again.
    private static let context = 2...3
    private static let longestPause = 64
    private static let firstLength = 4

    /// A guess of at most `limit` tokens after the text, often none.
    package mutating func draft(after text: [Int32], limit: Int) -> [Int32] {
        guard length > 0, limit > 0 else { return [] }
        guard rest == 0 else {
            rest -= 1
            return []
        }
        return PromptLookup.continuation(of: text, min(length, limit))
    }

    /// Is told how many tokens of a guess were right.
    package mutating func learn(drafted count: Int, accepted right: Int) {
        (drafted, accepted) = (drafted + count, accepted + right)
        pause = right > 0 ? 0 : min(PromptLookup.longestPause, max(1, 2 * pause))
        rest = pause
        length = min(longest, max(PromptLookup.firstLength, 2 * right))
    }

    /// What followed the last place where the text had its last three tokens, or else its last two. Where the text ends there, the guess
    /// goes on with itself: a text that repeats itself is guessed to go on doing so.
    package static func continuation(of text: [Int32], _ count: Int) -> [Int32] {
        guard var at = follower(in: text) else { return [] }
        var guess: [Int32] = []
        guess.reserveCapacity(count)
        while guess.count < count {
            guess.append(at < text.count ? text[at] : guess[at - text.count])
            at += 1
        }
        return guess
    }

    private static func follower(in text: [Int32]) -> Int? {
        text.withUnsafeBufferPointer { text in
            guard text.count > context.lowerBound else { return nil }
            let last = text[text.count - 1]
            var best: Int?
            for end in stride(from: text.count - 1, through: context.lowerBound, by: -1) where text[end - 1] == last {
                let agreeing = agreement(text, end)
                if agreeing == context.upperBound { return end }
                if agreeing >= context.lowerBound, best == nil { best = end }
            }
            return best
        }
    }

    /// How many tokens before `end` are those at the end of the text, up to the longest context.
    private static func agreement(_ text: UnsafeBufferPointer<Int32>, _ end: Int) -> Int {
        var count = 0
        while count < min(end, context.upperBound), text[end - 1 - count] == text[text.count - 1 - count] { count += 1 }
        return count
    }
}
