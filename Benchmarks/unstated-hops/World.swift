import Basis
import Tensors

/// A world of facts, and texts that leave steps unsaid.
///
/// A permutation takes each symbol to another; a question is a symbol and a number of hops, its answer where they lead. Facts, questions of
/// one hop, are told as they are. Longer ones come with an aside before the answer: one that works the question out, hop by hop with
/// the hops left, or more often one that rambles about another. A reader who never saw a question can answer it only by the first kind.
/// After Prystawski et al. 2023, "Why think step by step?": what was never seen together is reached by way of what was.
struct World {
    static let hops = 3
    let symbols: Int
    private let next: [Int]
    /// Questions that the first corpus holds, that the second does, and that neither does.
    let first: [Question]
    let second: [Question]
    let heldOut: [Question]

    struct Question {
        let symbol: Int
        let hops: Int
    }

    // Tokens: the symbols, the hops, and these.
    func hopsLeft(_ count: Int) -> Int { count > 0 ? symbols + count - 1 : symbols + World.hops + 5 }
    var answer: Int { symbols + World.hops }
    var end: Int { symbols + World.hops + 1 }
    var aside: Int { symbols + World.hops + 2 }
    var works: Int { symbols + World.hops + 3 }
    var rambles: Int { symbols + World.hops + 4 }
    /// Is in no text.
    var pause: Int { symbols + World.hops + 6 }
    var vocabulary: Int { symbols + World.hops + 7 }

    init(symbols: Int, seed: UInt64) {
        var random = Random(seed: seed)
        self.symbols = symbols
        next = (0..<symbols).shuffled(using: &random)
        let facts = (0..<symbols).map { Question(symbol: $0, hops: 1) }
        let far = (0..<symbols).flatMap { symbol in (2...World.hops).map { Question(symbol: symbol, hops: $0) } }.shuffled(using: &random)
        let (half, most) = (far.count / 2, far.count * 85 / 100)
        (first, second, heldOut) = (facts + far[..<half], Array(far[half..<most]), Array(far[most...]))
    }

    func answer(to question: Question) -> Int { (0..<question.hops).reduce(question.symbol) { symbol, _ in next[symbol] } }

    /// The hops that a question has, then each symbol on the way with how many are left; the last again to a fixed length.
    func working(_ question: Question) -> [Int] {
        var symbol = question.symbol, left = question.hops, tokens = [hopsLeft(left)]
        for _ in 0..<World.hops {
            if left > 0 { (symbol, left) = (next[symbol], left - 1) }
            tokens += [symbol, hopsLeft(left)]
        }
        return tokens
    }

    /// Tokens of a thought that works a question out.
    static let thought = 2 + 2 * hops

    /// Such a thought.
    func thought(of question: Question) -> [Int] { [works] + working(question) }

    func prompt(_ question: Question) -> [Int] { [question.symbol, hopsLeft(question.hops), answer] }

    /// A text with nothing between question and answer.
    func bare(_ question: Question) -> [Int] { prompt(question) + [answer(to: question), end] }

    /// A text with an aside, of the question or of another.
    func told(_ question: Question, working other: Question?) -> [Int] {
        let inner = other.map { [rambles] + working($0) } ?? thought(of: question)
        return prompt(question) + [aside] + inner + [answer, answer(to: question), end]
    }
}
