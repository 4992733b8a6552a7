/// Searches a part of a text for a regular expression, from left to right.
struct RegexMatcher {
    private let regex: Regex
    private let text: Bytes
    private let range: Range<Int>
    /// Ways yet to be tried, the next one last.
    private var waiting: [(instruction: Int, at: Int)] = []
    private var steps = 0
    /// Which choices have been come to at which places and have led to nothing, a bit each; empty while matching is easy.
    private var tried: [UInt64] = []
    /// Where the last run of each set began and ended: one that begins within ends there, too.
    private var runs: [Range<Int>]

    init(_ regex: Regex, _ text: Bytes, _ range: Range<Int>) {
        (self.regex, self.text, self.range) = (regex, text, range)
        runs = Array(repeating: range.lowerBound..<range.lowerBound, count: regex.sets.count)
    }

    /// The leftmost match that begins at `start` or later.
    mutating func next(from start: Int) -> Range<Int>? {
        var at = start
        while at <= range.upperBound {
            if at == range.upperBound || regex.begins[Int(text[at])], let end = match(at: at) {
                forget(at: end)
                return at..<end
            }
            at += at < range.upperBound ? text.scalar(at: at, end: range.upperBound).length : 1
        }
        return nil
    }

    /// The end of the first way to match at `start`.
    private mutating func match(at start: Int) -> Int? {
        waiting.removeAll(keepingCapacity: true)
        waiting.append((0, start))
        while let (instruction, at) = waiting.popLast() {
            if let end = follow(instruction, at) { return end }
        }
        return nil
    }

    /// Follows one way up to its end: nil if it led to nothing.
    private mutating func follow(_ first: Int, _ start: Int) -> Int? {
        var (instruction, at) = (first, start)
        while true {
            steps &+= 1
            switch regex.program[instruction] {
            case .match: return at
            case .jump(let next): instruction = next
            case .set(let set):
                let length = regex.sets[set].length(text, at: at, end: range.upperBound)
                guard length > 0 else { return nil }
                at += length
                instruction += 1
            case .assertion(let assertion):
                guard assertion.holds(text, at: at, in: range) else { return nil }
                instruction += 1
            case .run(let set, let atLeast, let atMost):
                guard let end = run(set, from: at, atLeast, atMost) else { return nil }
                at = end
                instruction += 1
            case .choice(let first, let second, let number):
                guard isNew(number, at) else { return nil }
                waiting.append((second, at))
                instruction = first
            }
        }
    }

    private mutating func run(_ set: Int, from start: Int, _ atLeast: Int, _ atMost: Int) -> Int? {
        let isPlain = atLeast <= 1 && atMost == Int.max
        if isPlain, runs[set].contains(start) { return runs[set].upperBound }
        var (at, count) = (start, 0)
        while count < atMost, case let length = regex.sets[set].length(text, at: at, end: range.upperBound), length > 0 {
            at += length
            count += 1
        }
        if isPlain { runs[set] = start..<at }
        return count >= atLeast ? at : nil
    }
}

// What keeps the time linear.
extension RegexMatcher {
    /// So many steps a byte are easy.
    private static let easy = 64

    /// Marks the choice as tried at a place; false if it has been tried already.
    @inline(__always) private mutating func isNew(_ number: Int, _ at: Int) -> Bool {
        if tried.isEmpty {
            guard steps > 4096 + RegexMatcher.easy * range.count else { return true }
            tried = Array(repeating: 0, count: (regex.choices * (range.count + 1) + 63) / 64)
        }
        let bit = number * (range.count + 1) + at - range.lowerBound
        let isNew = tried[bit >> 6] >> UInt64(bit & 63) & 1 == 0
        tried[bit >> 6] |= 1 << UInt64(bit & 63)
        return isNew
    }

    /// At the end of a match choices have been tried that led to it; the next match may begin there.
    private mutating func forget(at end: Int) {
        guard !tried.isEmpty else { return }
        for number in 0..<regex.choices {
            let bit = number * (range.count + 1) + end - range.lowerBound
            tried[bit >> 6] &= ~(1 << UInt64(bit & 63))
        }
    }
}

extension Regex {
    /// The parts of a text, matches and what is between them, as Hugging Face's tokenizers find them: an empty match right behind
    /// another one is none.
    package func forEachPart(of text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ body: (Range<Int>, _ isMatch: Bool) -> Void) {
        var matcher = RegexMatcher(self, text, range)
        var (done, from) = (range.lowerBound, range.lowerBound)
        var lastEnd: Int?
        while from <= range.upperBound, let match = matcher.next(from: from) {
            from = match.upperBound
            if match.isEmpty, match.upperBound == lastEnd {
                from += from < range.upperBound ? text.scalar(at: from, end: range.upperBound).length : 1
                continue
            }
            lastEnd = match.upperBound
            if done < match.lowerBound { body(done..<match.lowerBound, false) }
            body(match, true)
            done = match.upperBound
        }
        if done < range.upperBound { body(done..<range.upperBound, false) }
    }
}
