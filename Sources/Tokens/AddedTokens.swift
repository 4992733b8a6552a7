/// A token that is found in the text itself, before the model sees it: `added_tokens` of tokenizer.json.
struct AddedToken: Sendable, Hashable {
    var id: Int32
    var content: [UInt8]
    /// Only where no word character stands next to it.
    var singleWord = false
    /// Takes the white space before (after) it.
    var stripsLeft = false
    var stripsRight = false
    /// Looked for in the normalised text, otherwise in the text as it came.
    var isNormalized = false
    var isSpecial = false
}

/// Finds added tokens: the leftmost, of those that start there the longest.
struct TokenFinder: Sendable {
    private var tokens: [AddedToken] = []
    private var trie = ByteTrie(capacity: 16)
    private var isFirst = [Bool](repeating: false, count: 256)

    var isEmpty: Bool { tokens.isEmpty }

    /// `pattern` is what stands for the token in the text. An empty one is never found.
    mutating func add(_ token: AddedToken, pattern: [UInt8]) {
        guard let first = pattern.first else { return }
        isFirst[Int(first)] = true
        trie.add(pattern, number: Int32(truncatingIfNeeded: tokens.count))
        tokens.append(token)
    }
}

extension TokenFinder {
    /// Calls `body` with each part of the text in order: a token's id, or nil for text between tokens. A token that strips white
    /// space may lie over the one that follows, as in Hugging Face's tokenizers.
    ///
    /// Tokens that `allows` turns down, at the place given, are text.
    func split(
        _ text: Bytes, allowing allows: ((AddedToken, Range<Int>) -> Bool)? = nil, _ body: (Range<Int>, Int32?) -> Void
    ) {
        var done = 0
        var at = 0
        while let match = next(text, from: at, allows) {
            at = match.range.upperBound
            guard let range = widened(match.range, match.token, text, done) else { continue }
            if done < range.lowerBound { body(done..<range.lowerBound, nil) }
            body(range, match.token.id)
            done = range.upperBound
        }
        if done < text.count { body(done..<text.count, nil) }
    }

    private func next(
        _ text: Bytes, from start: Int, _ allows: ((AddedToken, Range<Int>) -> Bool)?
    ) -> (range: Range<Int>, token: AddedToken)? {
        guard !isEmpty else { return nil }
        return isFirst.withUnsafeBufferPointer { isFirst in
            var at = start
            while at < text.count {
                if isFirst[Int(text[at])], let found = longest(text, at: at, allows) { return found }
                at += 1
            }
            return nil
        }
    }

    /// The longest token at a place that may be there.
    private func longest(
        _ text: Bytes, at start: Int, _ allows: ((AddedToken, Range<Int>) -> Bool)?
    ) -> (range: Range<Int>, token: AddedToken)? {
        var result: (range: Range<Int>, token: AddedToken)?
        trie.forEachPrefix(of: text, at: start, end: text.count) { number, end in
            let token = tokens[Int(number)]
            if allows?(token, start..<end) ?? true { result = (start..<end, token) }
        }
        return result
    }

    /// The match with the white space it takes, which starts at `done` at the earliest; nil if it should stand alone and does not.
    private func widened(_ match: Range<Int>, _ token: AddedToken, _ text: Bytes, _ done: Int) -> Range<Int>? {
        var (start, end) = (match.lowerBound, match.upperBound)
        if token.singleWord {
            if start > 0, text.scalar(before: start, start: 0).isWord { return nil }
            if end < text.count, text.scalar(at: end, end: text.count).isWord { return nil }
        }
        if token.stripsLeft {
            // It may have been taken by the token before; then none is left, and that token may end beyond this one's start.
            start = max(start, done)
            while start > done, case let scalar = text.scalar(before: start, start: done), scalar.isSpace { start -= scalar.length }
        }
        if token.stripsRight {
            while end < text.count, case let scalar = text.scalar(at: end, end: text.count), scalar.isSpace { end += scalar.length }
        }
        return start..<max(start, end)
    }
}
