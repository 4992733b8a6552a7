import Basis
import Tensors

// What is written for the programs to read, a JSON object a line.
extension World {
    static func line(_ object: JSONObject) -> String { JSON.object(object).compact + "\n" }

    static func list(_ tokens: [Int]) -> JSON { .array(tokens.map { .integer($0) }) }

    private static func document(_ tokens: [Int]) -> String { line(["tokens": list(tokens)]) }

    /// Texts of the first corpus: a tenth bare, four tenths with an aside that works the question out, half with one that rambles.
    func firstCorpus(tokens: Int, _ random: inout Random) -> [String] {
        var lines: [String] = [], count = 0
        while count < tokens {
            let question = first[Int(random.next() % UInt64(first.count))], kind = random.next() % 10
            let other = first[Int(random.next() % UInt64(first.count))]
            let text = kind < 1 ? bare(question) : told(question, working: kind < 5 ? nil : other)
            lines.append(World.document(text))
            count += text.count
        }
        return lines
    }

    /// Bare texts of questions that the first corpus does not have.
    func secondCorpus(count: Int, _ random: inout Random) -> [String] {
        (0..<count).map { _ in World.document(bare(second[Int(random.next() % UInt64(second.count))])) }
    }

    /// The same questions as STaR takes them: it is to write the aside.
    var starQuestions: [String] {
        second.map { World.line(["prompt": World.list(prompt($0) + [aside]), "answer": World.list([answer(to: $0)])]) }
    }

    /// The questions that are asked: some of each kind.
    private var asked: [(kind: String, question: Question)] {
        [("first", first.suffix(200)), ("second", second.prefix(200)), ("held-out", heldOut.prefix(300))]
            .flatMap { kind, questions in questions.map { (kind, $0) } }
    }

    /// The questions as `infer` takes them, each with a seed of its own; an answer is known again by its id.
    func requests(_ more: (Question) -> (tokens: [Int], count: Int, thought: [Int]?)) -> [String] {
        asked.enumerated().map { index, asked in
            let (kind, question) = asked, more = more(question)
            var object: JSONObject = [
                "tokens": World.list(prompt(question) + more.tokens), "max_tokens": .integer(more.count), "seed": .integer(index),
                "id": .array([.string(kind), .integer(question.symbol), .integer(question.hops)]),
            ]
            if let thought = more.thought { object["thought"] = World.list(thought) }
            return World.line(object)
        }
    }

    /// The questions as `bench quality` takes them.
    var benchQuestions: [String] {
        asked.map { kind, question in
            World.line([
                "prompt": World.list(prompt(question)), "answer": World.list([answer(to: question)]), "kind": .string(kind),
            ])
        }
    }

    /// Texts that nobody saw, to score.
    var heldOutTexts: [String] { heldOut.prefix(300).map { World.document(bare($0)) } }
}
