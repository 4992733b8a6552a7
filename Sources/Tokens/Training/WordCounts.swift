/// How often each word occurs in texts that come piece by piece. Words are what GPT-2's pattern cuts a whole text into.
struct WordCounts: Sendable {
    private(set) var words = ByteStrings(capacity: 1 << 10)
    /// Of each word, by its number.
    private(set) var counts: [Int] = []
    /// The end of the text so far, whose words depend on what follows.
    private var held: [UInt8] = []
    /// How many bytes `held` must have before it is looked at again: twice what was left, so that a word that does not end is not read
    /// from its start with each piece of it.
    private var enough = 0

    /// How far behind a word's end the pattern looks: over the last character of white space, which goes to the next word (3 bytes), at the
    /// character behind it (4 bytes).
    private static let lookahead = 7
    /// How much is looked at in one go, which bounds the memory for a text that comes in one piece.
    private static let portion = 1 << 20

    mutating func add(_ text: Bytes) {
        for start in stride(from: 0, to: text.count, by: WordCounts.portion) {
            held += text[start..<min(start + WordCounts.portion, text.count)]
            if held.count >= enough { countHeld(lookahead: WordCounts.lookahead) }
        }
    }

    mutating func endText() { countHeld(lookahead: 0) }

    private mutating func countHeld(lookahead: Int) {
        var text: [UInt8] = []
        swap(&text, &held)
        let done = text.withUnsafeBufferPointer { countWords($0, before: $0.count - lookahead) }
        text.removeFirst(done)
        enough = text.count * 2
        swap(&text, &held)
    }

    /// Counts the words that end at `limit` at the latest; gives where the last of them ends.
    private mutating func countWords(_ text: Bytes, before limit: Int) -> Int {
        CharacterClass.table.withUnsafeBufferPointer { classes in
            let scanner = WordScanner(text: text, end: text.count, classes: classes)
            var at = 0
            while at < text.count, case let end = scanner.gpt2Word(from: at), end <= limit {
                count(Bytes(rebasing: text[at..<end]))
                at = end
            }
            return at
        }
    }

    private mutating func count(_ word: Bytes) {
        let number = words.insert(word)
        if number == counts.count { counts.append(0) }
        counts[number] += 1
    }
}
