/// Which token comes after which, where texts branch: rows of tokens, each of which comes after one that stands before it, or begins
/// a text. A text is a chain of them; a thought is a branch that leaves the text at some token.
///
/// It is to training what a session and its forks are to running: what a token sees are the tokens on the way to its root.
public struct Forest: Sendable {
    /// The token of each row.
    public private(set) var tokens: [Int32] = []
    /// The row that each one comes after; -1 where it begins a text.
    public private(set) var parents: [Int32] = []
    /// How many rows stand between each one and the beginning of its text.
    public private(set) var positions: [Int32] = []

    public init() {}

    public var count: Int { tokens.count }

    /// Adds a row after row `parent`, or one that begins a text if that is -1; returns its number.
    @discardableResult
    public mutating func add(_ token: Int32, after parent: Int = -1) -> Int {
        precondition(parent >= -1 && parent < count, "a row comes after one that stands before it")
        tokens.append(token)
        parents.append(Int32(parent))
        positions.append(parent < 0 ? 0 : positions[parent] + 1)
        return count - 1
    }

    /// Adds a text, one token after the other; returns its rows.
    @discardableResult
    public mutating func add(text: some Collection<Int32>) -> Range<Int> {
        let start = count
        for (index, token) in text.enumerated() { add(token, after: index == 0 ? -1 : count - 1) }
        return start..<count
    }

    /// The rows on the way from the beginning of a row's text to that row, itself included.
    public func path(to row: Int) -> [Int] {
        var path = [Int](repeating: row, count: Int(positions[row]) + 1)
        for index in path.indices.dropLast().reversed() { path[index] = Int(parents[path[index + 1]]) }
        return path
    }

    /// `rows` in stretches each of whose rows comes after the one before it, numbered from row `first` on.
    package func chains(in rows: Range<Int>, from first: Int) -> [Segment] {
        var segments: [Segment] = [], start = rows.lowerBound
        for row in rows where row + 1 == rows.upperBound || Int(parents[row + 1]) != row {
            segments.append(Segment(rows: start - first..<row + 1 - first, position: Int(positions[start])))
            start = row + 1
        }
        return segments
    }
}
