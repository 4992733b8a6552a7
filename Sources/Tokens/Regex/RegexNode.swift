/// A regular expression as it is written.
indirect enum RegexNode: Sendable {
    case set(RegexSet)
    case sequence([RegexNode])
    case alternatives([RegexNode])
    /// As often as `count` says (no upper bound is `Int.max`); as often as possible unless `isLazy`, and never less often than possible
    /// if `isPossessive`.
    case repeated(RegexNode, count: ClosedRange<Int>, isLazy: Bool, isPossessive: Bool)
    case assertion(RegexAssertion)

    /// Whether it may match nothing.
    var isNullable: Bool {
        switch self {
        case .set: false
        case .sequence(let nodes): nodes.allSatisfy(\.isNullable)
        case .alternatives(let nodes): nodes.contains(where: \.isNullable)
        case .repeated(let node, let count, _, _): count.lowerBound == 0 || node.isNullable
        case .assertion: true
        }
    }

    /// The set, if it is one character of one: `a|[bc]` too.
    var oneCharacter: RegexSet? {
        switch self {
        case .set(let set): return set
        case .sequence(let nodes): return nodes.count == 1 ? nodes[0].oneCharacter : nil
        case .alternatives(let nodes):
            let sets = nodes.compactMap(\.oneCharacter)
            return sets.count == nodes.count ? .with { $0.parts = sets } : nil
        default: return nil
        }
    }
}

/// What has to be true between two characters.
struct RegexAssertion: Sendable {
    enum Place: Sendable {
        /// The character that follows, or the one before, is in the set.
        case ahead(RegexSet, orEnd: Bool), behind(RegexSet)
        case textStart, textEnd, lineStart, lineEnd, textEndOrLastLineEnd, wordBoundary
    }

    let place: Place
    var isNegated = false

    func holds(_ text: Bytes, at: Int, in range: Range<Int>) -> Bool {
        let isTrue =
            switch place {
            case .ahead(let set, let orEnd): at == range.upperBound ? orEnd : set.length(text, at: at, end: range.upperBound) > 0
            case .behind(let set): RegexAssertion.isBefore(set, text, at, range)
            case .textStart: at == range.lowerBound
            case .textEnd: at == range.upperBound
            // The end of the text after a line feed begins no line.
            case .lineStart: at == range.lowerBound || text[at - 1] == 0x0A && at < range.upperBound
            case .lineEnd: at == range.upperBound || text[at] == 0x0A
            case .textEndOrLastLineEnd: at == range.upperBound || at == range.upperBound - 1 && text[at] == 0x0A
            case .wordBoundary:
                RegexAssertion.isBefore(RegexAssertion.word, text, at, range)
                    != (RegexAssertion.word.length(text, at: at, end: range.upperBound) > 0)
            }
        return isTrue != isNegated
    }

    private static let word = RegexSet.bareWord.sealed()

    private static func isBefore(_ set: RegexSet, _ text: Bytes, _ at: Int, _ range: Range<Int>) -> Bool {
        guard at > range.lowerBound else { return false }
        let length = text.scalar(before: at, start: range.lowerBound).length
        return set.length(text, at: at - length, end: at) > 0
    }
}
